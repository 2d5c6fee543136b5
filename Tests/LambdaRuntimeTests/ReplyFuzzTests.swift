import LambdaRuntime
import Resilience
import ScriptedServer
import SeededRandom
import Telemetry
import Testing

/// Replies that are not what HTTP asks for: none ends the process, and none is waited for without end.
@Suite struct ReplyFuzzTests {
    private static let valid = [
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-1\r\nContent-Length: 9\r\n\r\n\"event 1\"",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nLambda-Runtime-Aws-Request-Id: id-1\r\n\r\n"
            + "4\r\n\"eve\r\n5;a\r\nnt 1\"\r\n0\r\nA: b\r\n\r\n",
        "HTTP/1.1 103 Early\r\n\r\nHTTP/1.0 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-1\r\n\r\n\"event 1\"",
    ]

    @Test func `a reply may be altered in any way, and the next event is handled`() throws {
        var random = SeededRandom("altered replies")
        var survivedCount = 0
        for _ in 0..<150 {
            let reply = Self.altered(Self.valid[Int(random.next() % 3)], &random)
            let outcome = try RuntimeAPI.run(
                [.reply(reply, keepsConnection: false), .event("\"after\"", id: "after")], handler: ClosureHandler.echo)
            let last = outcome.posts.last
            #expect(
                last?.text == "\"after\"" && last?.path.hasSuffix("/after/response") == true,
                "\(reply.debugDescription)")
            survivedCount += last == nil ? 0 : 1
        }
        #expect(survivedCount == 150)
    }

    @Test(arguments: valid) func `a reply is the same however it is cut into packets`(reply: String) throws {
        var random = SeededRandom("altered replies")
        for _ in 0..<20 {
            let cut = 1 + Int(random.next() % UInt64(reply.utf8.count - 1))
            let outcome = try RuntimeAPI.run(
                [.cutReply(reply, at: cut)], handler: ClosureHandler.echo)
            #expect(outcome.posts.first?.text == "\"event 1\"", "cut at \(cut)")
        }
    }

    private static func altered(_ reply: String, _ random: inout SeededRandom) -> String {
        var bytes = Array(reply.utf8)
        for _ in 0...(random.next() % 3) where !bytes.isEmpty {
            let position = Int(random.next() % UInt64(bytes.count))
            switch random.next() % 4 {
            case 0: bytes[position] = UInt8(random.next() % 128)
            case 1: bytes.remove(at: position)
            case 2: bytes.insert(contentsOf: [0x0D, 0x0A].prefix(Int(random.next() % 3)), at: position)
            default: bytes.removeSubrange(position...)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
