import BlockingTesting
import Concurrency
import ConcurrencyTesting
import HTTPMessages
import RawHTTP
import Telemetry
import Testing
import WebApplication

@testable import EpollHTTPServer

/// Requests that wait for something, in memory and over a socket.
@Suite(.blocking) struct ParkedRequestTests {
    enum Way: CaseIterable {
        case memory, socket
    }

    /// A queue of one value that `GET /next` waits for.
    private final class Mailbox: Sendable {
        let arrived = WakeSignal()
        let value = Lock<String?>(nil)
        let looks = Lock(0)

        func put(_ text: String) {
            value.withLock { $0 = text }
            arrived.fire()
        }

        var application: Application {
            let next = Route("next", .get, "/next", access: .everybody, waitingFor: arrived) { [self] _, _, isLast in
                let text = value.withLock { value in
                    defer { value = nil }
                    return value
                }
                looks.withLock { $0 += 1 }
                looks.broadcast()
                if let text { return Response(.ok, body: Array(text.utf8)) }
                return isLast ? Response(.noContent) : nil
            }
            let hello = Route("hello", .get, "/hello", access: .everybody) { _, _ in Response(.ok) }
            return Application(
                routes: [next, hello], tokens: AccessTokens(service: [], api: []),
                crossOrigin: CrossOriginPolicy(origins: []), logger: Logger(service: "test", sink: LogSink { _ in }),
                metrics: Metrics())
        }

        /// Waits until the handler has looked so often.
        func waitForLooks(_ count: Int) -> Bool {
            looks.wait(untilUptimeNanoseconds: Deadline.after(milliseconds: 5000).uptimeNanoseconds) {
                $0 >= count ? true : nil
            } ?? false
        }
    }

    private func with(
        _ way: Way, _ mailbox: Mailbox, workersMax: Int = 1,
        _ body: (_ send: @escaping @Sendable (String, Int) throws -> (status: Int, body: String)) throws -> Void
    ) throws {
        let application = mailbox.application
        switch way {
        case .memory:
            try body { target, timeoutMilliseconds in
                let request = Request(.get, target, headers: ["X-Request-Timeout-Ms": String(timeoutMilliseconds)])
                let response = application.respond(
                    request,
                    RequestMetadata(
                        receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: "127.0.0.1"))
                return (response.status.code, String(decoding: response.body, as: UTF8.self))
            }
        case .socket:
            var configuration = HTTPServerConfiguration()
            configuration.workersMax = workersMax
            let server = HTTPServer(
                configuration, logger: Logger(service: "test", sink: LogSink { _ in }),
                respond: { application.handle($0, $1) }, refuse: { application.refuse($0, $1) })
            try server.start()
            defer { server.stop(by: .after(milliseconds: 2000)) }
            let port = server.port
            try body { target, timeoutMilliseconds in
                let client = try RawConnection(port: port)
                client.send(
                    Array(
                        "GET \(target) HTTP/1.1\r\nHost: x\r\nX-Request-Timeout-Ms: \(timeoutMilliseconds)\r\n\r\n".utf8
                    ))
                let response = try client.response()
                return (response.status, response.text)
            }
        }
    }

    private func inBackground<T: Sendable>(_ body: @escaping @Sendable () throws -> T) throws -> () throws -> T {
        let result = Lock<Result<T, any Error>?>(nil)
        let thread = try #require(
            Thread.start {
                let outcome = Result { try body() }
                result.withLock { $0 = outcome }
            })
        return {
            thread.join()
            return try result.withLock { try #require($0) }.get()
        }
    }

    @Test(arguments: Way.allCases)
    func `a request that waits is answered when what it waits for happens`(way: Way) throws {
        let mailbox = Mailbox()
        try with(way, mailbox) { send in
            let reply = try inBackground { try send("/next", 10_000) }
            #expect(mailbox.waitForLooks(1))
            mailbox.put("letter")
            let answered = try reply()
            #expect(answered == (200, "letter"))
        }
    }

    @Test(arguments: Way.allCases)
    func `a request that waits in vain is answered within its time`(way: Way) throws {
        let mailbox = Mailbox()
        try with(way, mailbox) { send in
            let reply = try send("/next", 300)
            #expect(reply.status == 204)
        }
        #expect(mailbox.looks.withLock { $0 } == 2)
    }

    @Test(arguments: Way.allCases)
    func `what has happened already is answered at once`(way: Way) throws {
        let mailbox = Mailbox()
        mailbox.put("letter")
        try with(way, mailbox) { send in
            let reply = try send("/next", 10_000)
            #expect(reply == (200, "letter"))
        }
        #expect(mailbox.looks.withLock { $0 } == 1)
    }

    @Test func `requests that wait take no worker from others`() throws {
        let mailbox = Mailbox()
        try with(.socket, mailbox, workersMax: 1) { send in
            let replies = try (0..<20).map { _ in try inBackground { try send("/next", 10_000) } }
            #expect(mailbox.waitForLooks(20))
            let hello = try send("/hello", 5000)
            #expect(hello.status == 200)
            for _ in replies {
                mailbox.put("letter")
                let isTaken = mailbox.looks.wait(
                    untilUptimeNanoseconds: Deadline.after(milliseconds: 5000).uptimeNanoseconds
                ) { _ in mailbox.value.withLock { $0 } == nil ? true : nil }
                #expect(isTaken == true)
            }
            for reply in replies {
                let answered = try reply()
                #expect(answered == (200, "letter"))
            }
        }
    }

    @Test func `those for whom there is no service to wait are answered at once`() throws {
        let mailbox = Mailbox()
        let application = mailbox.application
        var configuration = HTTPServerConfiguration()
        configuration.parkedMax = 1
        let server = HTTPServer(
            configuration, logger: Logger(service: "test", sink: LogSink { _ in }),
            respond: { application.handle($0, $1) }, refuse: { application.refuse($0, $1) })
        try server.start()
        defer { server.stop(by: .after(milliseconds: 2000)) }
        let patient = Array("GET /next HTTP/1.1\r\nHost: x\r\nX-Request-Timeout-Ms: 60000\r\n\r\n".utf8)
        let first = try RawConnection(port: server.port)
        first.send(patient)
        #expect(comesTrue { server.load.parked == 1 })
        let second = try RawConnection(port: server.port)
        second.send(patient)
        #expect(try second.response().status == 204)
        mailbox.put("letter")
        #expect(try first.response().text == "letter")
        // Its place is free again, also when whoever has it goes away.
        do {
            let third = try RawConnection(port: server.port)
            third.send(patient)
            #expect(comesTrue { server.load.parked == 1 })
            third.reset()
        }
        #expect(comesTrue { server.load.parked == 0 })
    }

    @Test func `a server that stops answers those that wait`() throws {
        let mailbox = Mailbox()
        let application = mailbox.application
        let server = HTTPServer(
            HTTPServerConfiguration(), logger: Logger(service: "test", sink: LogSink { _ in }),
            respond: { application.handle($0, $1) }, refuse: { application.refuse($0, $1) })
        try server.start()
        let client = try RawConnection(port: server.port)
        client.send(Array("GET /next HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        #expect(mailbox.waitForLooks(1))
        #expect(server.stop(by: .after(milliseconds: 5000)))
        #expect(try client.response().status == 204)
    }
}
