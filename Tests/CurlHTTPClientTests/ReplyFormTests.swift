import BlockingTesting
import Concurrency
import CurlHTTPClient
import HTTPMessages
import ScriptedServer
import Testing

@Suite(.blocking) struct ReplyFormTests {
    private func get(_ reply: String, method: Method = .get, transport: CurlTransport = CurlTransport()) throws
        -> Response
    {
        try withServer { connection in
            _ = connection.readRequest()
            connection.write(reply)
        } _: { server in
            try transport.send(Request(method, "/"), to: server.origin, by: .after(milliseconds: 5000))
        }
    }

    @Test func `HEAD and 204 have no body`() throws {
        #expect(try get("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", method: .head).body == [])
        #expect(try get("HTTP/1.1 204 No Content\r\n\r\n").status == .noContent)
    }

    @Test func `chunks are put together and trailers are no headers`() throws {
        let response = try get(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\nX-Late: 1\r\n\r\n")
        #expect(response.body == Array("hello!".utf8))
        #expect(response.headers["X-Late"] == nil)
    }

    @Test func `interim replies are passed over`() throws {
        let response = try get(
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nX-Real: 1\r\nContent-Length: 2\r\n\r\nok")
        #expect(response.status == .ok)
        #expect(response.headers.fields.map(\.name) == ["X-Real", "Content-Length"])
        #expect(response.body == Array("ok".utf8))
    }

    @Test func `a redirect is a reply and is not followed`() throws {
        let response = try get(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n")
        #expect(response.status.code == 302)
        #expect(response.headers["Location"] == "http://127.0.0.1:1/elsewhere")
    }

    @Test func `a cookie does not come back`() throws {
        let cookies = Lock<[String?]>([])
        try withServer { connection in
            while let request = connection.readRequest() {
                cookies.withLock { $0.append(request.header("cookie")) }
                connection.reply("200 OK", headers: ["Set-Cookie: a=1"])
            }
        } _: { server in
            let transport = CurlTransport()
            for _ in 1...2 {
                _ = try transport.send(Request(.get, "/"), to: server.origin, by: .after(milliseconds: 5000))
            }
        }
        #expect(cookies.withLock { $0 } == [nil, nil])
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + String(repeating: "x", count: 1001),
        "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 1001),
    ])
    func `a reply above the limit is refused, with and without a length`(reply: String) throws {
        let transport = CurlTransport { $0.replyBytesMax = 1000 }
        #expect(throws: TransportError.replyTooLarge(bytesMax: 1000)) { try get(reply, transport: transport) }
    }

    @Test func `a reply at the limit is taken`() throws {
        let transport = CurlTransport { $0.replyBytesMax = 1000 }
        let response = try get("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 1000), transport: transport)
        #expect(response.body.count == 1000)
    }

    @Test func `header fields above the limit are refused`() throws {
        let fields = (1...20).map { "X-\($0): " + String(repeating: "y", count: 100) + "\r\n" }.joined()
        let transport = CurlTransport { $0.replyHeaderBytesMax = 1000 }
        #expect(throws: TransportError.replyTooLarge(bytesMax: 1000)) {
            try get("HTTP/1.1 200 OK\r\n\(fields)Content-Length: 0\r\n\r\n", transport: transport)
        }
    }

    @Test func `six megabytes go out and come back`() throws {
        let body = [UInt8]((0..<6_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let response = try withServer { connection in
            guard let request = connection.readRequest() else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n")
            connection.write(request.body)
        } _: { server in
            try CurlTransport().send(
                Request(.post, "/", body: body), to: server.origin, by: .after(milliseconds: 10_000))
        }
        #expect(response.body == body)
    }
}
