import BlockingTesting
import Concurrency
import ConcurrencyTesting
import HTTPMessages
import RawHTTP
import Testing

@testable import EpollHTTPServer

/// What a client that keeps to the rules gets.
@Suite(.blocking) struct ServingTests {
    @Test func `a request is echoed with its body and the server's fields`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("POST /a?b=c%20d HTTP/1.1\r\nHost: x\r\nX-Echo: \u{e9}\r\nContent-Length: 5\r\n\r\nhello")
            let response = try client.response()
            #expect(response.status == 200)
            #expect(response.text == "POST /a?b=c%20d\nhello")
            #expect(response.headers["Content-Length"] == "21")
            #expect(response.headers["Date"]?.hasSuffix("GMT") == true)
            #expect(response.headers["X-Remote"] == "127.0.0.1")
            #expect(response.headers["X-Echo"] == "\u{e9}")
            #expect(response.headers["Connection"] == nil)
        }
    }

    @Test func `a connection serves one request after the other`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            for number in 0..<1000 {
                client.send("GET /\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try client.response().text == "GET /\(number)\n")
            }
            #expect(server.load.connections == 1)
        }
    }

    @Test func `of a response that is withheld the client gets nothing, and the others are served on`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("GET /withheld HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(throws: (any Error).self) { try client.response() }
            let other = try RawConnection(port: server.port)
            other.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try other.response().text == "GET /a\n")
            #expect(comesTrue { server.load.inFlight == 0 && server.load.connections == 1 })
        }
    }

    @Test func `64 clients at once are all served`() throws {
        try withServer { server in
            let port = server.port
            let answers = try inParallel(64) { index in
                let client = try RawConnection(port: port)
                return try (0..<20).map { number in
                    client.send("GET /\(index)/\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
                    return try client.response().text
                }
            }
            for (index, texts) in answers.enumerated() {
                #expect(texts == (0..<20).map { "GET /\(index)/\($0)\n" })
            }
            #expect(comesTrue { server.load.inFlight == 0 && server.load.queued == 0 })
        }
    }

    @Test func `20 pipelined requests are answered in order`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            let requests = (0..<20).map { number in
                number % 2 == 0
                    ? "GET /\(number) HTTP/1.1\r\nHost: x\r\n\r\n"
                    : "POST /\(number) HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
            }
            client.send(requests.joined())
            for number in 0..<20 {
                let expected = number % 2 == 0 ? "GET /\(number)\n" : "POST /\(number)\nabc"
                #expect(try client.response().text == expected)
            }
        }
    }

    @Test func `HEAD has the length of the body and no body`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n")
            let head = try client.response(hasBody: false)
            #expect(head.headers["Content-Length"] == "10")
            client.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().text == "GET /next\n")
        }
    }

    @Test func `a response without content has no length and keeps the connection`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
            let nothing = try client.response()
            #expect(nothing.status == 204)
            #expect(nothing.headers["Content-Length"] == nil)
            #expect(try client.response().text == "GET /b\n")
        }
    }

    @Test func `a client that has finished sending still gets its answer`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("GET /sleep/50 HTTP/1.1\r\nHost: x\r\n\r\n")
            client.finishSending()
            #expect(try client.response().text == "GET /sleep/50\n")
            #expect(client.isClosed())
        }
    }

    @Test func `a client that has finished sending gets its answer beside older connections`() throws {
        try withServer { server in
            let older = try RawConnection(port: server.port)
            older.send("POST /older HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na")
            for _ in 0..<20 {
                let client = try RawConnection(port: server.port)
                client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
                client.finishSending()
                #expect(try client.remainingResponses().map(\.text) == ["GET /a\n", "GET /b\n"])
            }
            older.send("b")
            #expect(try older.response().text == "POST /older\nab")
        }
    }

    @Test func `a body that waits for 100 Continue is asked for`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try client.response().status == 100)
            client.send("ok")
            #expect(try client.response().text == "PUT /a\nok")
        }
    }

    @Test func `a chunked body is put together, and the connection serves on`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            // So that it comes alone.
            Thread.sleep(milliseconds: 20)
            client.send("6\r\n world\r\n0\r\nTrailer: x\r\n\r\n")
            #expect(try client.response().text == "POST /a\nhello world")
            client.send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().text == "GET /b\n")
        }
    }

    @Test(arguments: ["/a?b=c", "//b", "*"])
    func `the target reaches the handler as it came`(target: String) throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("OPTIONS \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().text == "OPTIONS \(target)\n")
        }
    }

    @Test(arguments: [
        ("http://x/a?b", "/a?b"), ("HTTP://x:80/", "/"), ("https://x", "/"), ("http://x?b=/", "/?b=/"),
        ("http://x/http://y/", "/http://y/"),
    ])
    func `an absolute target is reduced to its path`(target: String, path: String) throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().text == "GET \(path)\n")
        }
    }

    @Test func `blanks around a field value are not part of it`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost:x\r\nX-Echo: \t b c \t\r\nEmpty:\r\n\r\n")
            #expect(try client.response().headers["X-Echo"] == "b c")
        }
    }

    @Test func `HTTP 1.0 needs no Host and closes`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("GET /a HTTP/1.0\r\n\r\n")
            let response = try client.response()
            #expect(response.text == "GET /a\n")
            #expect(response.headers["Connection"] == "close")
            #expect(client.isClosed())
        }
    }

    @Test func `a client may ask for the connection to be closed`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(try client.response().headers["Connection"] == "close")
            #expect(client.isClosed())
            #expect(comesTrue { server.load.connections == 0 })
        }
    }

    @Test func `a line end in a field value is never written`() throws {
        let log = LogCollector()
        try withServer(log: log) { server in
            let client = try RawConnection(port: server.port)
            client.send("GET /split HTTP/1.1\r\nHost: x\r\n\r\n")
            let response = try client.response()
            try response.expectProblem(500, "internal-error")
            #expect(response.headers["X-Injected"] == nil)
            client.send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().text == "GET /b\n")
        }
        #expect(log.all.contains { $0.contains("\"level\":\"error\"") && $0.contains("X-Split") })
    }

    @Test func `a megabyte reaches a client that reads slowly`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port, receiveBufferBytes: 4096)
            client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            Thread.sleep(milliseconds: 100)
            #expect(try client.response().body.count == 1 << 20)
        }
    }
}
