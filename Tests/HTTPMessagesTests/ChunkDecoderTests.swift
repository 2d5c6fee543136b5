import SeededRandom
import Testing

@testable import HTTPMessages

/// The chunks of a body, as requests and as replies have them.
struct ChunkDecoderTests {
    private func decode(_ pieces: [[UInt8]], isStrict: Bool) -> Result<String?, MessageMistake> {
        var decoder = ChunkDecoder(isStrict: isStrict, sizeLineBytesMax: 64, trailerBytesMax: 32)
        var body: [UInt8] = []
        var bytes: [UInt8] = []
        var position = 0
        for piece in pieces {
            bytes += piece
            while true {
                let step = bytes.withUnsafeBytes { bytes -> Result<ChunkDecoder.Step, MessageMistake> in
                    do throws(MessageMistake) {
                        return .success(try decoder.next(MessageLexer(bytes), at: &position))
                    } catch { return .failure(error) }
                }
                switch step {
                case .failure(let mistake): return .failure(mistake)
                case .success(.end): return .success(String(decoding: body, as: UTF8.self))
                case .success(.data(let count)) where position < bytes.count:
                    let data = bytes[position...].prefix(count)
                    body += data
                    position += data.count
                    decoder.passed(data.count)
                    continue
                case .success(.data), .success(.waiting): break
                }
                break
            }
        }
        return .success(nil)
    }

    private func decode(_ text: String, isStrict: Bool) -> Result<String?, MessageMistake> {
        let bytes = Array(text.utf8)
        let whole = decode([bytes], isStrict: isStrict)
        #expect(decode(bytes.map { [$0] }, isStrict: isStrict) == whole, "\(text.debugDescription)")
        return whole
    }

    @Test(
        arguments: [
            ("3\r\nabc\r\n0\r\n\r\n", "abc", "abc"),
            ("0A\r\n0123456789\r\n00\r\nA: b\r\n\r\n", "0123456789", "0123456789"),
            ("1;a;b=c;d=\"e f\"\r\nx\r\n0\r\n\r\n", "x", "x"), ("1\r\nx\r\n", nil, nil),
            ("1\r\nx\r\n0\r\nA: b\r\n", nil, nil),
        ] as [(String, String?, String?)])
    func `chunks are one body`(text: String, request: String?, reply: String?) {
        #expect(decode(text, isStrict: true) == .success(request))
        #expect(decode(text, isStrict: false) == .success(reply))
    }

    @Test(arguments: [
        "1 \r\nx\r\n0\r\n\r\n", "1 ;a\r\nx\r\n0\r\n\r\n", "1; a=\r\nx\r\n0\r\n\r\n", "1;a=\"b\\\"c\"\r\nx\r\n0\r\n\r\n",
        "1\r\nx\r\n0\r\nno field\r\n\r\n", "1\r\nx\r\n0\r\nHost: x\r\n\r\n", "1\r\nx\r\n0\r\nA: \u{1}\r\n\r\n",
    ])
    func `a reply may have what a request may not`(text: String) {
        #expect(throws: MessageMistake.self) { try decode(text, isStrict: true).get() }
        #expect(decode(text, isStrict: false) == .success("x"))
    }

    @Test(arguments: [
        ("\r\n", MessageMistake.chunkSize), ("x\r\n", .chunkSize), ("0x1\r\n", .chunkSize), ("-1\r\n", .chunkSize),
        ("1 x\r\n", .chunkSize), ("1\n", .lineEnd), ("1\r\r\n", .lineEnd), ("1;\0\r\n", .nul),
        ("1\r\nxy\r\n", .chunkTooLong), ("1\r\nx\n", .lineEnd), ("1\r\nwxyz", .chunkTooLong),
        ("1;" + String(repeating: "a", count: 63), .lineTooLong),
        ("0\r\nA: " + String(repeating: "b", count: 30), .trailersTooLarge),
        ("0\r\n" + String(repeating: "A: b\r\n", count: 6), .trailersTooLarge),
    ])
    func `what is no chunk is refused in both`(text: String, mistake: MessageMistake) {
        for isStrict in [true, false] {
            #expect(decode(text, isStrict: isStrict) == .failure(mistake), "\(text.debugDescription) \(isStrict)")
        }
    }

    @Test func `a size that no number holds is more than any limit`() {
        var decoder = ChunkDecoder(isStrict: true, sizeLineBytesMax: 64, trailerBytesMax: 32)
        var position = 0
        let step = Array("FFFFFFFFFFFFFFFFFFFF\r\n".utf8).withUnsafeBytes { bytes in
            try? decoder.next(MessageLexer(bytes), at: &position)
        }
        #expect(step == .data(.max))
    }

    @Test func `damaged chunks are read alike wherever they are cut`() {
        var random = SeededRandom("damaged chunks")
        let text = Array("3;a=\"b\"\r\nabc\r\n00B\r\nhello world\r\n0\r\nA: b\r\nC:\r\n\r\n".utf8)
        for _ in 0..<2000 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let notable = Array("\0\t\n\r \";=0123AFax\u{7F}".utf8) + [0xFF]
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = notable.randomElement(using: &random) ?? 0
            }
            for isStrict in [true, false] {
                let cut = Int.random(in: 0...bytes.count, using: &random)
                let whole = decode([bytes], isStrict: isStrict)
                #expect(decode([Array(bytes[..<cut]), Array(bytes[cut...])], isStrict: isStrict) == whole, "\(bytes)")
                #expect(decode(bytes.map { [$0] }, isStrict: isStrict) == whole, "\(bytes)")
            }
        }
    }
}
