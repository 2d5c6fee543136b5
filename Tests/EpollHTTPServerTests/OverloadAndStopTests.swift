import BlockingTesting
import Concurrency
import ConcurrencyTesting
import Glibc
import HTTPMessages
import RawHTTP
import Telemetry
import Testing
import WebApplication

@testable import EpollHTTPServer

/// What happens when there is too much, and at the end.
@Suite(.blocking) struct OverloadAndStopTests {
    @Test func `what the queue cannot hold is refused with 503 and Retry-After`() throws {
        try withServer {
            $0.workersMax = 2
            $0.queueMax = 4
        } _: { server in
            let port = server.port
            let request = "GET /sleep/700 HTTP/1.1\r\nHost: x\r\n\r\n"
            let atWork = try (0..<2).map { _ in try RawConnection(port: port) }
            for client in atWork { client.send(request) }
            #expect(comesTrue { server.load == (2, 0, 0, 2) })
            let responses = try inParallel(18) { _ in
                let client = try RawConnection(port: port)
                client.send(request)
                return try client.response()
            }
            for client in atWork { #expect(try client.response().status == 200) }
            let refused = responses.filter { $0.status != 200 }
            #expect(refused.count == 14)
            for response in refused {
                try response.expectProblem(503, "overloaded")
                #expect(response.headers["Retry-After"] == "1")
                #expect(response.headers["Connection"] == nil)
            }
        }
    }

    /// Clients whose requests take their time, begun one after the other.
    private func clients(
        _ count: Int, sleepingMilliseconds: Int, at server: HTTPServer
    ) throws -> [RawConnection] {
        let clients = try (0..<count).map { _ in try RawConnection(port: server.port) }
        for (index, client) in clients.enumerated() {
            client.send("GET /sleep/\(sleepingMilliseconds) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(comesTrue { server.load.inFlight == index + 1 })
        }
        return clients
    }

    @Test func `how the service is can be asked while every worker is busy and the queue is full`() throws {
        try withServer {
            $0.workersMax = 1
            $0.queueMax = 1
        } _: { server in
            let clients = try clients(3, sleepingMilliseconds: 1500, at: server)
            let probe = try RawConnection(port: server.port)
            probe.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try probe.response().status == 200)
            #expect(server.load.inFlight >= 2)
            for client in clients { _ = try client.response() }
        }
    }

    @Test func `what is answered at once needs no worker, not even one of those for the service`() throws {
        try withServer {
            $0.workersMax = 1
            $0.queueMax = 1
        } _: { server in
            let busy = try clients(2, sleepingMilliseconds: 1500, at: server)
            let stuck = try (0..<2).map { _ in
                let client = try RawConnection(port: server.port)
                client.send("GET /health/1500 HTTP/1.1\r\nHost: x\r\n\r\n")
                return client
            }
            #expect(comesTrue { server.load.inFlight == 4 })
            let probe = try RawConnection(port: server.port)
            let start = Deadline.nowUptimeNanoseconds()
            // All in one piece, so that each finds the next one waiting behind it.
            probe.send(String(repeating: "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", count: 3))
            for _ in 0..<3 { #expect(try probe.response().text == "GET /health/live\n") }
            probe.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try probe.response().status == 200)
            #expect(Deadline.nowUptimeNanoseconds() - start < 1_000_000_000)
            #expect(comesTrue { server.load.inFlight == 4 })
            for client in busy + stuck { #expect(try client.response().status == 200) }
        }
    }

    @Test func `who is refused waits for it, and may ask again over the same connection`() throws {
        try withServer {
            $0.workersMax = 1
            $0.queueMax = 1
            $0.refusalDelayMilliseconds = 300...300
        } _: { server in
            let clients = try clients(2, sleepingMilliseconds: 400, at: server)
            let refused = try RawConnection(port: server.port)
            let start = Deadline.nowUptimeNanoseconds()
            refused.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            try refused.response().expectProblem(503, "overloaded")
            #expect(Deadline.nowUptimeNanoseconds() - start >= 300_000_000)
            for client in clients { #expect(try client.response().status == 200) }
            refused.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try refused.response().status == 200)
        }
    }

    @Test func `a handler that is late is answered for`() throws {
        try withServer {
            $0.requestTimeoutMilliseconds = 200
        } _: { server in
            let client = try RawConnection(port: server.port)
            client.send("GET /sleep/600 HTTP/1.1\r\nHost: x\r\n\r\n")
            try client.response().expectProblem(504, "deadline-exceeded")
            client.send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().text == "GET /b\n", "the late answer must not come after all")
            Thread.sleep(milliseconds: 600)
            try expectStillServing(server)
        }
    }

    @Test func `a request that waits too long for a worker is answered for`() throws {
        try withServer {
            $0.workersMax = 1
            $0.requestTimeoutMilliseconds = 300
        } _: { server in
            let port = server.port
            let statuses = try inParallel(3) { _ in
                let client = try RawConnection(port: port)
                client.send("GET /sleep/200 HTTP/1.1\r\nHost: x\r\n\r\n")
                return try client.response().status
            }
            #expect(statuses.sorted() == [200, 504, 504])
        }
    }

    @Test func `stopping answers what is in flight and refuses what is new`() throws {
        try withServer { server in
            let port = server.port
            let idle = try RawConnection(port: port)
            let stopped = Thread.start {
                _ = comesTrue { server.load.inFlight == 10 }
                server.stop(by: .after(milliseconds: 5000))
            }
            let responses = try inParallel(10) { _ in
                let client = try RawConnection(port: port)
                client.send("GET /sleep/500 HTTP/1.1\r\nHost: x\r\n\r\n")
                return (try client.response(), client.isClosed())
            }
            for (response, isClosed) in responses {
                #expect(response.status == 200)
                #expect(response.headers["Connection"] == "close")
                #expect(isClosed)
            }
            try #require(stopped).join()
            #expect(idle.isClosed())
            #expect(throws: ClientFailure.self) { try RawConnection(port: port) }
            #expect(server.load == (0, 0, 0, 0))
        }
    }

    @Test func `a client that keeps its connection busy learns of the stop by Connection close`() throws {
        for _ in 0..<20 {
            try withServer { server in
                let port = server.port
                let stopped = Thread.start {
                    _ = comesTrue { server.load.connections == 8 }
                    server.stop(by: .after(milliseconds: 5000))
                }
                _ = try inParallel(8) { _ in
                    let client = try RawConnection(port: port)
                    while true {
                        client.send("GET /sleep/1 HTTP/1.1\r\nHost: x\r\n\r\n")
                        let response = try client.response()
                        #expect(response.status == 200)
                        if response.headers["Connection"] == "close" { break }
                    }
                }
                try #require(stopped).join()
            }
        }
    }

    @Test func `draining refuses new connections and serves the open ones`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().headers["Connection"] == nil)
            let waiting = try RawConnection(port: server.port)
            let port = server.port
            server.beginDraining()
            server.beginDraining()
            #expect(throws: ClientFailure.self) { try RawConnection(port: port) }
            for client in [client, waiting] {
                client.send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
                let response = try client.response()
                #expect(response.text == "GET /b\n")
                #expect(response.headers["Connection"] == "close")
                #expect(client.isClosed())
            }
        }
    }

    @Test func `what is still in flight at the deadline of the stop is told so`() throws {
        try withServer {
            $0.workersMax = 2
        } _: { server in
            let port = server.port
            let stopped = Thread.start {
                _ = comesTrue { server.load.inFlight == 5 }
                server.stop(by: .after(milliseconds: 100))
            }
            let responses = try inParallel(5) { _ in
                let client = try RawConnection(port: port)
                client.send("GET /sleep/1000 HTTP/1.1\r\nHost: x\r\n\r\n")
                return try client.response()
            }
            for response in responses {
                try response.expectProblem(503, "shutting-down")
                #expect(response.headers["Retry-After"] == "1")
            }
            try #require(stopped).join()
        }
    }

    @Test func `a handler that does not return is left behind, and the stop says so`() throws {
        try withServer { server in
            let client = try RawConnection(port: server.port)
            client.send("GET /sleep/5000 HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(comesTrue { server.load.inFlight == 1 })
            let start = Deadline.nowUptimeNanoseconds()
            #expect(!server.stop(by: .after(milliseconds: 100)))
            #expect(Deadline.nowUptimeNanoseconds() - start < 4_000_000_000)
            try client.response().expectProblem(503, "shutting-down")
        }
    }

    @Test func `stopping 40 times under load neither hangs nor loses an accepted request`() throws {
        for _ in 0..<40 {
            try withServer { server in
                let port = server.port
                let stopped = Thread.start {
                    Thread.sleep(milliseconds: 10)
                    server.stop(by: .after(milliseconds: 2000))
                }
                _ = try inParallel(8) { _ in
                    while let client = try? RawConnection(port: port) {
                        client.send("GET /sleep/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                        guard let response = try? client.response() else { break }
                        #expect(response.status == 200 || response.status == 503)
                    }
                }
                try #require(stopped).join()
            }
        }
    }

    @Test func `clients that disappear leave the server well`() throws {
        try withServer { server in
            for index in 0..<100 {
                let client = try RawConnection(port: server.port)
                switch index % 4 {
                case 0: client.send("GET /sleep/20 HTTP/1.1\r\nHost: x\r\n\r\n")
                case 1: client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
                case 2: client.send("GET /lar")
                default: client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
                }
                client.reset()
            }
            try expectStillServing(server)
            #expect(comesTrue { server.load.inFlight == 0 && server.load.connections <= 1 })
        }
    }

    @Test func `the port of another is a typed error`() throws {
        try withServer { server in
            var configuration = HTTPServerConfiguration()
            configuration.port = server.port
            #expect(throws: HTTPServerError.addressInUse(host: "127.0.0.1", port: server.port)) {
                try start(configuration).stop(by: .after(milliseconds: 0))
            }
        }
    }

    @Test(arguments: ["not.an.address", "256.0.0.1", "", "[127.0.0.1]", "192.0.2.1"])
    func `a host that is not ours is a typed error`(host: String) throws {
        var configuration = HTTPServerConfiguration()
        configuration.host = host
        #expect(throws: HTTPServerError.addressInvalid(host)) {
            try start(configuration).stop(by: .after(milliseconds: 0))
        }
    }

    @Test(arguments: ["127.0.0.1", "localhost", "0.0.0.0", "::", "[::]"])
    func `an IPv4 client reaches every host that includes it`(host: String) throws {
        try withServer {
            $0.host = host
        } _: { server in
            let client = try RawConnection(port: server.port)
            client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().headers["X-Remote"] == "127.0.0.1")
        }
    }

    @Test func `a server starts once and stops as often as one likes`() throws {
        let server = try start(HTTPServerConfiguration())
        #expect(throws: HTTPServerError.alreadyStarted) { try server.start() }
        #expect(server.port > 0)
        server.stop(by: .after(milliseconds: 1000))
        server.stop(by: .after(milliseconds: 1000))
        #expect(server.port == 0)
        #expect(throws: HTTPServerError.alreadyStarted) { try server.start() }
    }

    private func start(_ configuration: HTTPServerConfiguration) throws -> HTTPServer {
        let server = HTTPServer(
            configuration, logger: Logger(service: "test", sink: LogCollector().sink),
            respond: { _, _ in .response(Response(.ok)) }, refuse: { refusal, _ in Response(Problem(refusal).status) })
        try server.start()
        return server
    }
}
