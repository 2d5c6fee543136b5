import BlockingTesting
import Concurrency
import ConcurrencyTesting
import CurlHTTPClient
import HTTPMessages
import Resilience
import ScriptedServer
import Telemetry
import Testing

@Suite(.blocking) struct ResilientClientTests {
    /// When each request arrived, in milliseconds since the first, and the budget it carried.
    private final class Arrivals: Sendable {
        private let entries = Lock<[(nanoseconds: UInt64, budget: Int?, traceparent: String?)]>([])

        /// Gives the number of the request, from 1.
        func note(_ request: ScriptedConnection.ReceivedRequest) -> Int {
            entries.withLock { entries in
                let budget = request.header("x-request-timeout-ms").flatMap { Int($0) }
                entries.append((Deadline.nowUptimeNanoseconds(), budget, request.header("traceparent")))
                return entries.count
            }
        }

        var count: Int { entries.withLock { $0.count } }
        var budgets: [Int?] { entries.withLock { $0.map(\.budget) } }
        var traceparents: [String?] { entries.withLock { $0.map(\.traceparent) } }
        var gapsMilliseconds: [Int] {
            entries.withLock { entries in
                zip(entries, entries.dropFirst()).map { Int(($1.nanoseconds - $0.nanoseconds) / 1_000_000) }
            }
        }
    }

    /// A server that answers request `n` with what `reply` gives, or closes without an answer for nil.
    private func withClient<T>(
        retry: RetryPolicy = RetryPolicy(), attemptTimeoutMilliseconds: Int = 5000,
        bulkhead: Bulkhead? = nil,
        observe: @escaping @Sendable (ResilientClient.Event) -> Void = { _ in },
        reply: @escaping @Sendable (Int) -> (status: String, headers: [String])?,
        _ body: (ResilientClient, Arrivals) throws -> T
    ) throws -> T {
        let arrivals = Arrivals()
        return try withServer { connection in
            while let request = connection.readRequest() {
                guard let answer = reply(arrivals.note(request)) else { return }
                connection.reply(answer.status, headers: answer.headers)
            }
        } _: { server in
            let transport = CurlTransport { $0.attemptTimeoutMilliseconds = attemptTimeoutMilliseconds }
            return try body(
                ResilientClient(
                    transport: transport, origin: server.origin, retry: retry, bulkhead: bulkhead,
                    observe: observe), arrivals)
        }
    }

    @Test(arguments: ["503 Service Unavailable", "429 Too Many Requests", "502 Bad Gateway"])
    func `a passing failure is tried again`(status: String) throws {
        let retries = Lock<[String]>([])
        try withClient(observe: { event in
            if case .retry(let attempt, let reason) = event { retries.withLock { $0.append("\(attempt) \(reason)") } }
        }) { number in
            number < 3 ? (status, []) : ("200 OK", [])
        } _: { client, arrivals in
            let response = try client.send(Request(.get, "/"), repeatable: .always, by: .after(milliseconds: 5000))
            #expect(response.status == .ok)
            #expect(arrivals.count == 3)
        }
        let code = status.prefix(3)
        #expect(retries.withLock { $0 } == ["1 status \(code)", "2 status \(code)"])
    }

    @Test func `each attempt has a span of its own, which the service is told to continue`() throws {
        let spans = Lock<[Span]>([])
        let trace = TraceContext(continuing: nil)
        try withClient { number in
            number == 1 ? ("503 Service Unavailable", []) : number == 2 ? nil : ("200 OK", [])
        } _: { client, arrivals in
            _ = try client.send(
                Request(.get, "/a?b=1", headers: ["traceparent": trace.traceparent]), repeatable: .always,
                by: .after(milliseconds: 5000),
                tracer: Tracer(trace, SpanSink { span in spans.withLock { $0.append(span) } }))
            let spans = spans.withLock { $0 }
            #expect(arrivals.traceparents == spans.map(\.context.traceparent))
            #expect(spans.allSatisfy { $0.context.parentSpanID == trace.spanID && $0.name == "GET" })
            #expect(spans.map { $0["http.request.resend_count"] } == [nil, .number(1), .number(2)])
            #expect(spans.map { $0["error.type"] } == [.text("503"), .text("no_reply"), nil])
            #expect(spans.allSatisfy { $0["url.full"].map { "\($0)".contains("/a?b=1") } == true })
        }
    }

    @Test(arguments: ["200 OK", "404 Not Found", "409 Conflict", "500 Internal Server Error", "504 Gateway Timeout"])
    func `any other status is the answer`(status: String) throws {
        try withClient { _ in
            (status, [])
        } _: { client, arrivals in
            let response = try client.send(Request(.get, "/"), repeatable: .always, by: .after(milliseconds: 5000))
            #expect(response.status.code == Int(status.prefix(3)))
            #expect(arrivals.count == 1)
        }
    }

    @Test func `the last reply is returned when the attempts are used up`() throws {
        try withClient { number in
            ("503 Service Unavailable", ["X-Number: \(number)"])
        } _: { client, arrivals in
            let response = try client.send(Request(.get, "/"), repeatable: .always, by: .after(milliseconds: 5000))
            #expect(response.status == .serviceUnavailable)
            #expect(response.headers["X-Number"] == "3")
            #expect(arrivals.count == 3)
        }
    }

    @Test func `no repetition comes before the moment that Retry-After names`() throws {
        try withClient { number in
            number == 1 ? ("503 Service Unavailable", ["Retry-After: 1"]) : ("200 OK", [])
        } _: { client, arrivals in
            let response = try client.send(Request(.get, "/"), repeatable: .always, by: .after(milliseconds: 5000))
            #expect(response.status == .ok)
            #expect(arrivals.gapsMilliseconds.allSatisfy { $0 >= 999 })
            #expect(arrivals.count == 2)
        }
    }

    @Test(arguments: ["2", "99999999999999999999", "Fri, 31 Dec 2999 23:59:59 GMT"])
    func `a Retry-After beyond the deadline ends the attempts at once`(value: String) throws {
        try withClient { _ in
            ("503 Service Unavailable", ["Retry-After: \(value)"])
        } _: { client, arrivals in
            let elapsed = try elapsedMilliseconds {
                let response = try client.send(Request(.get, "/"), repeatable: .always, by: .after(milliseconds: 1500))
                #expect(response.status == .serviceUnavailable)
            }
            #expect(elapsed < 1000, "\(elapsed) ms")
            #expect(arrivals.count == 1)
        }
    }

    @Test(arguments: ["soon", "-1", "", "Sun, 06 Nov 1994 08:49:37 GMT"])
    func `a Retry-After that is malformed or past asks for nothing`(value: String) throws {
        try withClient { number in
            number == 1 ? ("503 Service Unavailable", ["Retry-After: \(value)"]) : ("200 OK", [])
        } _: { client, _ in
            let response = try client.send(Request(.get, "/"), repeatable: .always, by: .after(milliseconds: 5000))
            #expect(response.status == .ok)
        }
    }

    @Test func `a POST without a key that may have been sent is not sent again`() throws {
        try withClient { _ in
            nil
        } _: { client, arrivals in
            let error = #expect(throws: TransportError.self) {
                try client.send(
                    Request(.post, "/", body: [1]), repeatable: .whenNotSent, by: .after(milliseconds: 5000))
            }
            #expect(error?.isMaybeSent == true)
            #expect(arrivals.count == 1)
        }
        try withClient { _ in
            ("503 Service Unavailable", [])
        } _: { client, arrivals in
            let response = try client.send(
                Request(.post, "/", body: [1]), repeatable: .whenNotSent, by: .after(milliseconds: 5000))
            #expect(response.status == .serviceUnavailable)
            #expect(arrivals.count == 1)
        }
    }

    @Test func `a POST with a key is sent again until it is answered`() throws {
        try withClient { number in
            number < 3 ? nil : ("201 Created", [])
        } _: { client, arrivals in
            let request = Request(.post, "/", headers: ["X-Idempotency-Key": "k"], body: [1])
            let response = try client.send(request, repeatable: .always, by: .after(milliseconds: 5000))
            #expect(response.status == .created)
            #expect(arrivals.count == 3)
        }
    }

    @Test func `what was certainly not sent is tried again without a key`() throws {
        let retries = Lock(0)
        let client = ResilientClient(
            transport: CurlTransport(), origin: try unusedOrigin(), observe: { _ in retries.withLock { $0 += 1 } })
        let error = #expect(throws: TransportError.self) {
            try client.send(Request(.post, "/", body: [1]), repeatable: .whenNotSent, by: .after(milliseconds: 5000))
        }
        #expect(error?.isNotSent == true)
        #expect(retries.withLock { $0 } == 2)
    }

    @Test func `a refusal after an attempt that may have been sent does not make it unsent`() throws {
        let server = try ScriptedServer { connection in _ = connection.readRequest() }
        defer { server.stop() }
        let client = ResilientClient(
            transport: CurlTransport(), origin: try server.origin, observe: { _ in server.stop() })
        let error = #expect(throws: TransportError.self) {
            try client.send(Request(.get, "/"), repeatable: .always, by: .after(milliseconds: 5000))
        }
        #expect(error?.isMaybeSent == true, "\(String(describing: error))")
    }

    @Test func `each attempt carries the milliseconds that it has itself`() throws {
        try withClient(attemptTimeoutMilliseconds: 700) { number in
            number == 1 ? ("503 Service Unavailable", ["Retry-After: 1"]) : ("200 OK", [])
        } _: { client, arrivals in
            _ = try client.send(Request(.get, "/"), repeatable: .always, by: .after(milliseconds: 1500))
            let budgets = arrivals.budgets.compactMap(\.self)
            try #require(budgets.count == 2)
            // Less what the other side's answer takes.
            #expect(budgets[0] == 650)
            #expect(1...450 ~= budgets[1])
        }
    }

    @Test func `the deadline holds over all attempts`() throws {
        try withServer { connection in
            while connection.readRequest() != nil {}
        } _: { server in
            let transport = CurlTransport { $0.attemptTimeoutMilliseconds = 150 }
            let client = ResilientClient(
                transport: transport, origin: try server.origin,
                retry: RetryPolicy(attemptsMax: 100, baseMilliseconds: 10, capMilliseconds: 40))
            let elapsed = elapsedMilliseconds {
                let error = #expect(throws: TransportError.self) {
                    try client.send(Request(.get, "/"), repeatable: .always, by: .after(milliseconds: 500))
                }
                #expect(error?.mayHaveBeenSent == true)
            }
            #expect(elapsed < 1000, "\(elapsed) ms")
            #expect(server.acceptedCount >= 2)
        }
    }

    @Test func `an attempt that could not be answered in time is not begun`() throws {
        try withClient { _ in
            ("200 OK", [])
        } _: { client, arrivals in
            #expect(throws: TransportError.deadlineExceeded(maybeSent: false)) {
                try client.send(Request(.get, "/"), repeatable: .always, by: .after(milliseconds: 8))
            }
            #expect(arrivals.count == 0)
        }
    }

    /// Each of these lets time pass at another point of an attempt.
    enum Slowness: CaseIterable {
        case noReply, halfHead, dribble
    }

    @Test(arguments: Slowness.allCases)
    func `what never ends leaves the caller time to answer`(slowness: Slowness) throws {
        try withServer { connection in
            guard connection.readRequest() != nil else { return }
            switch slowness {
            case .noReply: connection.waitForEnd()
            case .halfHead:
                connection.write("HTTP/1.1 200 OK\r\nContent-")
                connection.waitForEnd()
            case .dribble:
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while connection.write("x") { Thread.sleep(milliseconds: 10) }
            }
        } _: { server in
            let client = ResilientClient(transport: CurlTransport(), origin: try server.origin)
            let deadline = Deadline.after(milliseconds: 2000)
            #expect(throws: TransportError.deadlineExceeded(maybeSent: true)) {
                try client.send(Request(.get, "/"), repeatable: .always, by: deadline)
            }
            // 50 ms are kept; a machine that does other things may use them.
            #expect(deadline.remainingMilliseconds > 0)
        }
    }

    @Test func `who finds no place behind a slow service is refused without being sent`() throws {
        let events = Lock(0)
        let bulkhead = Bulkhead(callersMax: 1, patienceMilliseconds: 50)
        try withServer { connection in
            while connection.readRequest() != nil {}
        } _: { server in
            let client = ResilientClient(
                transport: CurlTransport(), origin: try server.origin, bulkhead: bulkhead,
                observe: { event in if case .refused = event { events.withLock { $0 += 1 } } })
            let first = Thread.start {
                _ = try? client.send(Request(.get, "/"), repeatable: .always, by: .after(milliseconds: 1500))
            }
            #expect(comesTrue { bulkhead.callerCount == 1 })
            let elapsed = elapsedMilliseconds {
                #expect(throws: TransportError.tooManyCallers(callersMax: 1)) {
                    try client.send(Request(.get, "/"), repeatable: .always, by: .after(milliseconds: 20_000))
                }
            }
            #expect(elapsed < 1000, "\(elapsed) ms")
            first?.join()
            #expect(bulkhead.callerCount == 0)
            #expect(server.acceptedCount == 1)
            #expect(events.withLock { $0 } == 1)
        }
    }

    /// A name whose look-up takes long must not outlast the deadline: only a resolver on a thread of its own can be left.
    @Test func `libcurl looks names up without blocking the caller`() {
        #expect(CurlTransport.resolvesInBackground)
    }
}
