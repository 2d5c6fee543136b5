import BlockingTesting
import Concurrency
import CurlHTTPClient
import HTTPMessages
import Resilience
import ScriptedServer
import Testing

/// What a client does when the service that it asks fails again and again.
@Suite(.blocking) struct CircuitClientTests {
    private let count = Lock(0)

    private func withClient(
        answering status: String, retry: RetryPolicy = RetryPolicy(attemptsMax: 1), circuit: CircuitBreaker? = nil,
        budget: RetryBudget? = nil, _ body: (ResilientClient) throws -> Void
    ) throws {
        try withServer { connection in
            while connection.readRequest() != nil {
                count.withLock { $0 += 1 }
                connection.reply(status)
            }
        } _: { server in
            try body(
                ResilientClient(
                    transport: CurlTransport(), origin: try server.origin, retry: retry, circuit: circuit,
                    budget: budget))
        }
    }

    private func send(_ client: ResilientClient) throws -> Response {
        try client.send(Request(.get, "/"), repeatable: .always, by: .after(milliseconds: 10_000))
    }

    @Test func `a service that fails twenty times is left alone, and who asks is told for how long`() throws {
        let circuit = CircuitBreaker()
        try withClient(answering: "500 Internal Server Error", circuit: circuit) { client in
            for _ in 0..<20 {
                let status = try send(client).status.code
                #expect(status == 500)
            }
            let error = #expect(throws: TransportError.self) { try send(client) }
            guard case .circuitOpen(let milliseconds) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(1...5000 ~= milliseconds && error?.mayHaveBeenSent == false)
            #expect((1...5).contains(error?.retryAfterSeconds ?? 0))
        }
        #expect(count.withLock { $0 } == 20 && circuit.state == .open)
    }

    @Test(arguments: ["404 Not Found", "409 Conflict", "429 Too Many Requests", "200 OK"])
    func `a service that refuses what is asked is well`(status: String) throws {
        let circuit = CircuitBreaker()
        try withClient(answering: status, circuit: circuit) { client in
            for _ in 0..<50 { _ = try send(client) }
        }
        #expect(count.withLock { $0 } == 50 && circuit.state == .closed)
    }

    @Test func `a service that nobody reaches is left alone`() throws {
        let circuit = CircuitBreaker()
        let client = ResilientClient(
            transport: CurlTransport(), origin: try unusedOrigin(), retry: RetryPolicy(attemptsMax: 1),
            circuit: circuit)
        for _ in 0..<20 { #expect(throws: TransportError.self) { try send(client) } }
        #expect(circuit.state == .open)
    }

    @Test func `nothing is repeated once the circuit is open`() throws {
        var settings = CircuitBreaker.Settings()
        settings.callsMin = 1
        try withClient(
            answering: "503 Service Unavailable", retry: RetryPolicy(), circuit: CircuitBreaker(settings)
        ) { client in
            let status = try send(client).status.code
            #expect(status == 503)
        }
        #expect(count.withLock { $0 } == 1)
    }

    @Test func `all calls together repeat no more than the budget allows`() throws {
        try withClient(
            answering: "503 Service Unavailable", retry: RetryPolicy(baseMilliseconds: 1, capMilliseconds: 1),
            budget: RetryBudget(percent: 10, repetitionsMax: 3)
        ) { client in
            for _ in 0..<40 {
                let status = try send(client).status.code
                #expect(status == 503)
            }
        }
        #expect(count.withLock { $0 } == 40 + 3 + 3, "The first call finds the budget full.")
    }

    @Test func `what an open circuit keeps back saves no repetitions up`() throws {
        var settings = CircuitBreaker.Settings()
        settings.callsMin = 1
        let budget = RetryBudget(percent: 100, repetitionsMax: 2)
        for _ in 0..<2 { #expect(budget.takeRepetition()) }
        try withClient(
            answering: "500 Internal Server Error", circuit: CircuitBreaker(settings), budget: budget
        ) { client in
            _ = try send(client)
            for _ in 0..<5 { #expect(throws: TransportError.self) { try send(client) } }
        }
        #expect(budget.takeRepetition() && !budget.takeRepetition())
    }
}
