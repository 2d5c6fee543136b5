import Concurrency
import ConcurrencyTesting
@testable import CurlHTTPClient
import HTTPMessages
import Resilience
import Telemetry
import Testing
import WebApplication
import WebService

@Suite struct DependencyProbeTests {
    /// Answers each probe as it is told, and counts them.
    private struct Answering: HTTPTransport {
        let status: Lock<Status>
        let count = Lock(0)

        var attemptTimeoutMilliseconds: Int { 1000 }

        func send(_ request: Request, to origin: Origin, by deadline: Deadline) throws(TransportError) -> Response {
            count.withLock { $0 += 1 }
            return Response(status.withLock { $0 })
        }
    }

    private let logger = Logger(service: "tests", level: .error)
    private let soon = Deadline.after(milliseconds: 10_000)

    private func check(_ transport: Answering, _ circuit: CircuitBreaker) throws -> HealthCheck {
        let guards = DependencyGuards(
            bulkhead: Bulkhead(callersMax: 3, patienceMilliseconds: 100), circuit: circuit, budget: RetryBudget())
        return DependencyProbe(
            "things", "The Things API", transport, try #require(Origin("http://127.0.0.1:1")), guards, logger
        ).check(decidesReadiness: true)
    }

    @Test func `the other service is what it says itself`() throws {
        let transport = Answering(status: Lock(.ok))
        let check = try check(transport, CircuitBreaker())
        #expect(check.failure(soon) == nil)
        transport.status.withLock { $0 = .serviceUnavailable }
        #expect(check.failure(soon) == "The Things API is not ready.")
        #expect(check.details().circuit == "closed")
        #expect(check.details().callers.map { [$0.waiting, $0.max] } == [0, 3])
    }

    @Test func `while its circuit refuses all calls it is not asked, and once that is over it is`() throws {
        let time = ManualClock()
        var settings = CircuitBreaker.Settings()
        settings.callsMin = 1
        settings.openMilliseconds = 5000
        let circuit = CircuitBreaker(settings, clock: time.clock)
        let transport = Answering(status: Lock(.ok))
        let check = try check(transport, circuit)
        guard case .call(let call) = circuit.admit() else {
            Issue.record("A closed circuit refuses nothing.")
            return
        }
        circuit.end(call, .failure)
        #expect(check.failure(soon) == "The Things API fails or is slow, and is left alone for a while.")
        #expect(check.details().circuit == "open")
        #expect(transport.count.withLock { $0 } == 0)
        // From now on it takes requests to find out: whoever is not ready gets none.
        time.advance(milliseconds: 5000)
        #expect(check.failure(soon) == nil)
        #expect(transport.count.withLock { $0 } == 1)
        #expect(check.details().circuit == "open")
    }
}
