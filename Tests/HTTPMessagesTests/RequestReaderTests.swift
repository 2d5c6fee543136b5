import SeededRandom
import Testing

@testable import HTTPMessages

/// The reader alone, with bytes that arrive in any pieces.
struct RequestReaderTests {
    private static let conversation =
        "\r\nPOST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX: \t y z \r\n\r\nhello"
        + "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n005;a=\"b\"\r\nhello\r\nB\r\n, you there\r\n"
        + "0\r\nTrailer: x\r\n\r\n" + "GET http://x/c HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Close\r\n\r\n"

    @Test func `requests are the same wherever their bytes are cut`() {
        let bytes = Array(RequestReaderTests.conversation.utf8)
        let expected = ["POST /a?b=c hello", "POST /b hello, you there", "GET /c closes"]
        #expect(read([bytes]) == expected)
        #expect(read(bytes.map { [$0] }) == expected)
        var random = SeededRandom("cut requests")
        for _ in 0..<300 { #expect(read(cut(bytes, &random)) == expected) }
    }

    @Test func `damaged bytes are read alike wherever they are cut, and nothing follows a refusal`() {
        var random = SeededRandom("damaged requests")
        for _ in 0..<3000 {
            var bytes = Array(RequestReaderTests.conversation.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(RequestReaderTests.notable.randomElement(using: &random) ?? 0, at: index)
                default: bytes[index] = RequestReaderTests.notable.randomElement(using: &random) ?? 0
                }
            }
            let whole = read([bytes])
            #expect(read(cut(bytes, &random)) == whole, "\(bytes)")
            let refusals = whole.indices.filter { whole[$0].hasPrefix("refused") }
            #expect(refusals.allSatisfy { $0 == whole.count - 1 }, "\(whole)")
        }
    }

    /// Bytes that mean something to somebody.
    private static let notable = Array("\0\t\n\r \"#,/0123456789:;ABFGcehx\u{7F}".utf8) + [0x80, 0xC3, 0xFF]

    private func cut(_ bytes: [UInt8], _ random: inout SeededRandom) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...40, using: &random)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }

    private func read(_ pieces: [[UInt8]]) -> [String] {
        var reader = RequestReader(MessageLimits())
        var told: [String] = []
        for piece in pieces {
            piece.withUnsafeBytes { reader.append($0) }
            reading: while true {
                switch reader.next() {
                case .waiting: break reading
                case .awaitingContinue: told.append("continue")
                case .whole(let request, let closes):
                    let body = String(decoding: request.body, as: UTF8.self)
                    told.append(
                        "\(request.method) \(request.target)\(body.isEmpty ? "" : " ")\(body)\(closes ? " closes" : "")"
                    )
                case .refused(let refusal, _, _): told.append("refused \(refusal)")
                }
            }
        }
        return told
    }
}
