import BlockingTesting
import ConcurrencyTesting
import HTTPMessages
import RawHTTP
import Testing

@testable import EpollHTTPServer

/// What must not get through, sent as bytes.
@Suite(.blocking) struct FramingTests {
    @Test(arguments: [
        (
            "both lengths",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        ("two lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"),
        ("the same length twice", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"),
        (
            "two encodings",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"
        ),
        ("an encoding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("a negative length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -4\r\n\r\nabcd"),
        ("a hexadecimal length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\nabcd"),
        ("a list of lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\nabcd"),
        ("a signed length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd"),
        ("an empty length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\n"),
        ("no Host", "GET / HTTP/1.1\r\nA: b\r\n\r\n"),
        ("two Hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"),
        ("a Host with a path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n"),
        ("a folded field", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"),
        ("a folded first line", "GET / HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n"),
        ("a NUL in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"),
        ("a NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("a NUL and a bare LF that make up for each other", "GET / HTTP/1.1\nHost: x\r\nA: b\0\r\n\r\n"),
        ("a bare LF after the request line", "GET / HTTP/1.1\nHost: x\r\n\r\n"),
        ("a bare LF after a field", "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n"),
        ("a bare LF as the end of the head", "GET / HTTP/1.1\r\nHost: x\r\n\n"),
        ("a bare CR in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n"),
        ("a control character in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\u{1}\r\n\r\n"),
        ("a blank before the colon", "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n"),
        ("an empty name", "GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n"),
        ("a name that is no token", "GET / HTTP/1.1\r\nHost: x\r\nA(b): c\r\n\r\n"),
        ("two blanks in the request line", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("a blank in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("a target without a slash", "GET a HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("an absolute target without a host", "GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("an asterisk for GET", "GET * HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("an authority", "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("a request without blanks", "nonsense\r\n\r\n"),
        ("the hello of TLS", "\u{16}\u{3}\u{1}\r\n\r\n"),
        ("no version", "GET /\r\n\r\n"),
        ("a version that does not exist", "GET / HTTP/9.9\r\n\r\n"),
        ("a field without a colon", "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n"),
        ("a bare LF before the request line", "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("a method that is no token", "G\u{e9}T / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ])
    func `malformed requests are refused with a problem`(name: String, bytes: String) throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send(bytes)
            let response = try client.response()
            try response.expectProblem(400, "malformed-request")
            #expect(response.headers["Connection"] == "close")
            #expect(client.isClosed(), "nothing may follow a refusal")
            try expectStillServing(server)
        }
    }

    @Test(arguments: [
        ("gzip, chunked", 501), ("identity", 501), ("chunked, gzip", 501), ("xchunked", 501), ("chunked ", 501),
        ("", 501),
    ])
    func `no transfer encoding but chunked is understood`(encoding: String, status: Int) throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \(encoding)\r\n\r\n0\r\n\r\n")
            try client.response().expectProblem(status, "not-implemented")
            #expect(client.isClosed())
        }
    }

    @Test(arguments: [
        "zz\r\nabc\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n", " 3\r\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n", "-3\r\nabc\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "3\r\nabc\n0\r\n\r\n",
        "3\r\nabc\r\n0\r\n\n",
    ])
    func `malformed chunks are refused`(chunks: String) throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
            try client.response().expectProblem(400, "malformed-request")
            #expect(client.isClosed())
            try expectStillServing(server)
        }
    }

    @Test func `a target that is not UTF-8 is refused`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send(Array("GET /".utf8) + [0xFF] + Array(" HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            try client.response().expectProblem(400, "malformed-request")
        }
    }

    @Test func `only 100-continue may be expected`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: x\r\nExpect: the-unexpected\r\n\r\n")
            try client.response().expectProblem(417, "expectation-failed")
        }
    }

    @Test func `a length that is no number is refused with one problem, whatever others have begun`() throws {
        try withServer { server in
            let others = try (0..<8).map { _ in try RawConnection(port: server.port) }
            let client = try RawConnection(port: server.port)
            client.send("POST /x HTTP/1.1\r\nHost: x\r\n")
            for other in others { other.send("GET /y HTTP/1.1\r\nHost: x\r\n") }
            #expect(comesTrue { server.load.inFlight == 9 })
            client.send("Content-Length: nine\r\n\r\n")
            try client.response().expectProblem(400, "malformed-request")
            #expect(client.isClosed())
            for other in others {
                other.send("\r\n")
                #expect(try other.response().text == "GET /y\n")
            }
        }
    }

    @Test(arguments: ["", "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"])
    func `a line that begins with NUL before a request line is refused`(before: String) throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send(before + "\0GET /hidden HTTP/1.1\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
            if !before.isEmpty { #expect(try client.response().text == "GET /a\n") }
            try client.response().expectProblem(400, "malformed-request")
            #expect(client.isClosed())
        }
    }

    @Test func `a refusal names the path of its request`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("GET /path?query HTTP/1.1\r\nHost: x\r\nExpect: nothing\r\n\r\n")
            #expect(try client.response().text.contains("\"instance\":\"/path\""))
        }
    }
}

/// Checks that the server serves another client.
func expectStillServing(_ server: HTTPServer) throws {
    let client = try RawConnection(port: server.port)
    client.send("GET /well HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try client.response().text == "GET /well\n")
}
