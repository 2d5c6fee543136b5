import Testing

@testable import HTTPMessages

/// The head of a reply alone; `ReplyFramingTests` has it with connections.
struct ReplyHeadTests {
    private func read(_ text: String) -> Result<(ReplyHead, end: Int?), MessageMistake> {
        var head = ReplyHead()
        return Array(text.utf8).withUnsafeBytes { bytes in
            do throws(MessageMistake) {
                let end = try head.read(bytes)
                return .success((head, end))
            } catch {
                return .failure(error)
            }
        }
    }

    @Test func `a head ends with its empty line, wherever its bytes are cut`() throws {
        let text = "HTTP/1.1 200 OK\r\nA:\r\n \tb\r\n\t c \r\nContent-Length: 003\r\n\r\nabc"
        for count in 0..<text.utf8.count - 3 {
            #expect(try read(String(decoding: text.utf8.prefix(count), as: UTF8.self)).get().end == nil, "\(count)")
        }
        let (head, end) = try read(text).get()
        #expect(end == text.utf8.count - 3)
        #expect(head.status == 200 && head.framing == .length(3) && !head.closesAfter)
        #expect(head.field("a") == "b  \t c")
        #expect(head.field("B") == nil)
    }

    @Test(arguments: [
        ("Connection: x,\r\n close\r\nContent-Length: 0", ReplyHead.Framing.length(0), true),
        ("connection: closed\r\nContent-Length: 1\r\ncontent-length: 01", .length(1), false),
        ("Transfer-Encoding:\r\n CHUNKED", .chunks, false), ("A: b", .endOfConnection, true),
    ])
    func `the fields say how the body ends`(fields: String, framing: ReplyHead.Framing, closes: Bool) throws {
        let head = try read("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n").get().0
        #expect(head.framing == framing)
        #expect(head.closesAfter == closes)
    }

    @Test(arguments: [
        ("HTTP/1.1 20\r\n", MessageMistake.statusLine), ("HTTP/1.1 101 x\r\n", .protocolChange),
        ("HTTP/1.1 200\n", .lineEnd), ("HTTP/1.1 200 \0\r\n", .nul), ("HTTP/1.1 200\r\n A: b\r\n", .fieldName),
        ("HTTP/1.1 200\r\nA : b\r\n", .fieldName), ("HTTP/1.1 200\r\nContent-Length: 1x\r\n\r\n", .bodyLength),
        ("HTTP/1.1 200\r\nTransfer-Encoding: gzip\r\n\r\n", .encodingUnknown),
        ("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", .lengthAndEncoding),
    ])
    func `what is no head is named`(text: String, mistake: MessageMistake) {
        #expect { try read(text).get() } throws: { $0 as? MessageMistake == mistake }
    }
}
