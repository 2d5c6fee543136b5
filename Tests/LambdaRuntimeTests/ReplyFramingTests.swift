import BlockingTesting
import Concurrency
@testable import LambdaRuntime
import ScriptedServer
import Telemetry
import Testing

/// What counts as a reply (RFC 9112): a runtime API, or a proxy before it, that writes anything else is not guessed at.
@Suite(.blocking) struct ReplyFramingTests {
    private static let id = "Lambda-Runtime-Aws-Request-Id: id-1"

    private static func reply(
        _ start: String = "HTTP/1.1 200 OK", _ fields: [String] = [id, "Content-Length: 3"], _ body: String = "\"a\""
    ) -> String {
        ([start] + fields).map { $0 + "\r\n" }.joined() + "\r\n" + body
    }

    private static func chunked(_ body: String, start: String = "HTTP/1.1 200 OK") -> String {
        reply(start, [id, "Transfer-Encoding: chunked"], body)
    }

    static let refused: [(String, String)] =
        [
            "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 200OK", "HTTP/1.1  200 OK", "HTTP/1.1 2e2 OK",
            "HTTP/1.1 +20 OK", "HTTP/1.1 099 OK", "HTTP/1.1 600 OK", "HTTP/1.x 200 OK", "HTTP/2.0 200 OK",
            "http/1.1 200 OK", " HTTP/1.1 200 OK", "HTTP/1.1 101 Switching Protocols", "\r\n\r\nHTTP/1.1 200 OK",
        ].map { ("the status line \($0.debugDescription)", reply($0)) }
        + [
            [id, "Content-Length : 3"], [id + "\u{b}", "Content Length: 3"], [id, "Content-Length: 3", "\"a\": b"],
            [id, "Content-Length: 3", "no colon"], [id, "Content-Length: 3", ": no name"],
            [" folded: x", id, "Content-Length: 3"], [id, "Content-Length: 3", "A: \0"],
            [id, "Content-Length: 3", "A: b\rContent-Length: 3"], [id, "Content-Length: 3", "A: b\nB: c"],
            [id, "Content-Length: 3, 3"], [id, "Content-Length: 3", "Content-Length: 2"], [id, "Content-Length: -3"],
            [id, "Content-Length: +3"], [id, "Content-Length: 0x3"], [id, "Content-Length:"],
            [id, "Content-Length: 18446744073709551619"],
            [id, "Content-Length: " + String(repeating: "0", count: 32) + "3"],
            [id, "Transfer-Encoding: gzip"], [id, "Transfer-Encoding: chunked, chunked"],
            [id, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], [id, "Transfer-Encoding: identity"],
        ].map { ("the fields \($0.joined(separator: " | ").debugDescription)", reply("HTTP/1.1 200 OK", $0)) }
        + [
            ("a bare LF after the status", reply().replacing("OK\r\n", with: "OK\n")),
            ("a bare LF at the end of the head", reply().replacing("\r\n\r\n", with: "\r\n\n")),
            (
                "both framings",
                reply(
                    "HTTP/1.1 200 OK", [id, "Transfer-Encoding: chunked", "Content-Length: 13"],
                    "3\r\n\"a\"\r\n0\r\n\r\n")
            ),
            ("chunks of HTTP/1.0", chunked("3\r\n\"a\"\r\n0\r\n\r\n", start: "HTTP/1.0 200 OK")),
            ("too many interim replies", String(repeating: "HTTP/1.1 103 Early\r\n\r\n", count: 9) + reply()),
            (
                "too many fields",
                reply("HTTP/1.1 200 OK", [String](repeating: "A: " + String(repeating: "b", count: 60), count: 1100))
            ),
        ]
        + [
            "3\n\"a\"\r\n0\r\n\r\n", "3\r\n\"a\"\n0\r\n\r\n", "3\r\n\"a\"\r\n0\r\nA: b\n\r\n",
            ";a\r\n\"a\"\r\n0\r\n\r\n",
            "\r\n\"a\"\r\n0\r\n\r\n", "0x3\r\n\"a\"\r\n0\r\n\r\n", " 3\r\n\"a\"\r\n0\r\n\r\n",
            "3 a\r\n\"a\"\r\n0\r\n\r\n",
            "+3\r\n\"a\"\r\n0\r\n\r\n", "3\r\n\"a\"b\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFF\r\n\"a\"\r\n0\r\n\r\n",
            "7FFFFFFF\r\n\"a\"",
            String(repeating: "0", count: 32) + "3\r\n\"a\"\r\n0\r\n\r\n",
            "3;" + String(repeating: "x", count: 9000) + "\r\n\"a\"\r\n0\r\n\r\n",
            "3\r\n\"a\"\r\n0\r\n" + String(repeating: "A: " + String(repeating: "b", count: 60) + "\r\n", count: 1100)
                + "\r\n",
        ].map { ("the chunks \($0.prefix(60).debugDescription)", chunked($0)) }

    @Test(arguments: refused) func `it is refused, and the next event is handled`(name: String, reply: String) throws {
        let outcome = try RuntimeAPI.run(
            [.reply(reply), .event("\"after\"", id: "after")], handler: ClosureHandler.echo)
        #expect(outcome.posts.map(\.text) == ["\"after\""])
        #expect(outcome.log.count == 1 && outcome.log[0].contains("The API's reply cannot be read"), "\(outcome.log)")
    }

    static let accepted: [(String, String)] = [
        ("an empty line first", "\r\n" + reply()), ("no reason", reply("HTTP/1.1 200")),
        ("an empty reason", reply("HTTP/1.1 200 ")),
        ("equal lengths", reply("HTTP/1.1 200 OK", [id, "content-length:3", "Content-Length: 3"])),
        ("leading zeros", reply("HTTP/1.1 200 OK", [id, "Content-Length: 000000000000000003"])),
        (
            "a folded field",
            reply("HTTP/1.1 200 OK", ["Lambda-Runtime-Aws-Request-Id:\r\n id-1\r\n \t", "Content-Length:\r\n\t3"])
        ),
        (
            "eight interim replies",
            String(repeating: "HTTP/1.1 103 Early\r\nContent-Length: 5\r\n\r\n", count: 8) + reply()
        ),
        ("a minor version to come", reply("HTTP/1.9 200 OK")),
        ("chunks with leading zeros", chunked("0000000000000000003\r\n\"a\"\r\n00000\r\n\r\n")),
    ]

    @Test(arguments: accepted) func `it is read, and the connection goes on`(name: String, reply: String) throws {
        let outcome = try RuntimeAPI.run(
            [.reply(reply), .event("\"after\"", id: "after")], handler: ClosureHandler.echo)
        #expect(outcome.posts.map(\.text) == ["\"a\"", "\"after\""])
        #expect(outcome.posts.first?.path.hasSuffix("/id-1/response") == true)
        #expect(outcome.log.isEmpty, "\(outcome.log)")
        #expect(outcome.acceptedCount == 1)
    }

    @Test(arguments: [true, false])
    func `a head that comes alone keeps its id, though another stands where it was received`(isChunked: Bool) throws {
        // In the bytes of the body that arrive where the head's did, the id's field has another value.
        let line = "Lambda-Runtime-Aws-Request-Id: id-2\r\n"
        let body = isChunked ? String(repeating: "x", count: 13) + line : "HTTP/1.0 200 OK\r\n\(line)\r\n"
        let packets =
            isChunked
            ? [Self.chunked(""), "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n", "0\r\n\r\n"]
            : [Self.reply("HTTP/1.0 200 OK", [Self.id], ""), body]
        let outcome = try RuntimeAPI.run(
            [.packets(packets.map { Array($0.utf8) }, keepsConnection: isChunked)], handler: ClosureHandler.echo)
        #expect(outcome.posts.map(\.path) == ["/2018-06-01/runtime/invocation/id-1/response"])
        #expect(outcome.posts.map(\.text) == [body])
    }

    @Test func `a body to the end of the connection is none when the connection breaks`() throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.0 200 OK\r\n\(Self.id)\r\n\r\n\"a")
            // A reset takes with it what the other side has not read yet.
            Thread.sleep(milliseconds: 50)
            connection.reset()
        }
        defer { server.stop() }
        let client = RuntimeClient(try RuntimeAPIAddress("127.0.0.1:\(server.port)"))
        #expect(throws: RuntimeClient.Failure.self) {
            try client.next(InvocationCancellation(), number: 1, logger: Logger(service: "test"))
        }
    }

    @Test func `an empty line before an event does not begin the time for it`() throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.write("\r\n")
            Thread.sleep(milliseconds: 700)
            connection.write(Self.reply())
            connection.waitForEnd()
        }
        defer { server.stop() }
        let client = RuntimeClient(try RuntimeAPIAddress("127.0.0.1:\(server.port)"), timeoutMilliseconds: 100)
        let next = try client.next(InvocationCancellation(), number: 1, logger: Logger(service: "test"))
        #expect(next.context.requestID == "id-1")
        #expect(next.event == Array("\"a\"".utf8))
    }
}
