import BlockingTesting
import Concurrency
import ConcurrencyTesting
import HTTPMessages
import RawHTTP
import Testing

@testable import EpollHTTPServer

/// How much a client may send, and how long it may take.
@Suite(.blocking) struct LimitTests {
    private static let limit = 1 << 20

    @Test func `a body of exactly the limit is served`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(LimitTests.limit)\r\n\r\n")
            client.send([UInt8](repeating: 0x61, count: LimitTests.limit))
            #expect(try client.response().body.count == LimitTests.limit + "POST /\n".utf8.count)
        }
    }

    @Test func `a body of one byte more is refused, and the connection serves on`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(LimitTests.limit + 1)\r\n\r\n")
            client.send([UInt8](repeating: 0x61, count: LimitTests.limit + 1))
            try client.response().expectProblem(413, "body-too-large")
            client.send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().text == "GET /b\n")
        }
    }

    @Test func `a chunked body of one byte more is refused`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n")
            client.send([UInt8](repeating: 0x61, count: LimitTests.limit + 1))
            client.send("\r\n0\r\n\r\n")
            try client.response().expectProblem(413, "body-too-large")
        }
    }

    @Test func `a body far beyond the limit is cut off with its answer`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 0x61, count: 65536) + Array("\r\n".utf8)
            for _ in 0..<65 { client.send(chunk) }
            let response = try client.response()
            try response.expectProblem(413, "body-too-large")
            #expect(response.headers["Connection"] == "close")
            #expect(client.isClosed())
            try expectStillServing(server)
        }
    }

    @Test(arguments: ["1048577", "9223372036854775807", "9223372036854775808", "99999999999999999999999999"])
    func `a length beyond the limit that waits for 100 Continue is refused at once`(length: String) throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: \(length)\r\n\r\n")
            try client.response().expectProblem(413, "body-too-large")
            #expect(client.isClosed())
        }
    }

    @Test func `100 fields are served, 101 are not`() throws {
        try withServer { server in
            for (count, status) in [(99, 200), (100, 431)] {
                let client = try RawConnection(port: server.port)
                let fields = (0..<count).map { "X-\($0): y\r\n" }.joined()
                client.send("GET / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n")
                let response = try client.response()
                #expect(response.status == status)
                if status == 431 { try response.expectProblem(431, "headers-too-large") }
            }
        }
    }

    @Test func `a head of exactly 16 KiB is served, one of a byte more is not`() throws {
        try withServer { server in
            let frame = "GET / HTTP/1.1\r\nHost: x\r\nA: \r\n\r\n".utf8.count
            for (bytes, status) in [(16 << 10, 200), ((16 << 10) + 1, 431)] {
                let client = try RawConnection(port: server.port)
                let value = String(repeating: "a", count: bytes - frame)
                client.send("GET / HTTP/1.1\r\nHost: x\r\nA: \(value)\r\n\r\n")
                let response = try client.response()
                #expect(response.status == status)
                if status == 431 { try response.expectProblem(431, "headers-too-large") }
            }
        }
    }

    @Test func `a head of a megabyte is cut off`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "a", count: 1 << 20))
            try client.response().expectProblem(431, "headers-too-large")
            #expect(client.isClosed())
            try expectStillServing(server)
        }
    }

    @Test func `a target of 8000 bytes is served, one of a byte more is not`() throws {
        try withServer { server in
            for (count, status) in [(7999, 200), (8000, 414)] {
                let client = try RawConnection(port: server.port)
                client.send("GET /\(String(repeating: "a", count: count)) HTTP/1.1\r\nHost: x\r\n\r\n")
                let response = try client.response()
                #expect(response.status == status)
                if status == 414 { try response.expectProblem(414, "uri-too-long") }
            }
        }
    }

    @Test func `a query of thousands of parameters is refused once`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("GET /?\(String(repeating: "a&", count: 3000)) HTTP/1.1\r\nHost: x\r\n\r\n")
            try client.response().expectProblem(414, "uri-too-long")
            #expect(client.isClosed())
            try expectStillServing(server)
        }
    }

    @Test(arguments: [
        "", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nab",
    ])
    func `a client that is slow at any stage is cut off`(start: String) throws {
        try withServer {
            $0.headTimeoutMilliseconds = 300
            $0.bodyTimeoutMilliseconds = 300
        } _: { server in
            let clients = try (0..<20).map { _ in try RawConnection(port: server.port) }
            for client in clients { client.send(start) }
            // A byte now and then, which a limit on silence would count as life.
            for _ in 0..<5 where !start.isEmpty {
                Thread.sleep(milliseconds: 50)
                for client in clients { client.send("a") }
            }
            for client in clients { #expect(client.isClosed()) }
            #expect(comesTrue { server.load.connections == 0 })
        }
    }

    @Test func `an idle connection is closed after its time, not before`() throws {
        try withServer {
            $0.idleTimeoutMilliseconds = 2000
            $0.headTimeoutMilliseconds = 1000
        } _: { server in
            let client = try RawConnection(port: server.port)
            for _ in 0..<2 {
                client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try client.response().status == 200)
                Thread.sleep(milliseconds: 1200)
            }
            client.send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().text == "GET /b\n")
            let begin = Deadline.nowUptimeNanoseconds()
            #expect(client.isClosed())
            let milliseconds = (Deadline.nowUptimeNanoseconds() - begin) / 1_000_000
            #expect(1300...8000 ~= milliseconds, "longer than a head may take, and not for ever")
        }
    }

    @Test func `a client that does not take its answer is cut off`() throws {
        try withServer {
            $0.writeTimeoutMilliseconds = 300
        } _: { server in
            let client = try RawConnection(port: server.port, receiveBufferBytes: 4096)
            for _ in 0..<8 { client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n") }
            #expect(comesTrue { server.load.connections == 0 })
        }
    }

    @Test func `connections beyond the limit wait for their turn`() throws {
        try withServer {
            $0.connectionsMax = 4
        } _: { server in
            var clients = try (0..<4).map { _ in try RawConnection(port: server.port) }
            #expect(comesTrue { server.load.connections == 4 })
            let late = try RawConnection(port: server.port)
            late.send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
            // Time in which it would be let in.
            Thread.sleep(milliseconds: 100)
            #expect(server.load.connections == 4)
            clients.removeFirst()
            #expect(try late.response().text == "GET /late\n")
        }
    }
}
