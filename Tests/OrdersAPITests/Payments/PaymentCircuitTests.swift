import BlockingTesting
import Concurrency
import ConcurrencyTesting
import CurlHTTPClient
import Resilience
import Settings
import ScriptedServer
import Telemetry
import Testing
import WebApplication

@testable import OrdersAPI

/// The circuit before the payment gateway.
@Suite(.blocking) struct PaymentCircuitTests {
    private static let unavailable = "503 Service Unavailable"

    private let clock = ManualClock()
    private let count = Lock(0)
    private let refusedCount = Lock(0)

    /// A gateway that answers as `answer` says, and a client whose circuit opens at five failures.
    private func withGateway(
        _ answer: @escaping @Sendable (ScriptedConnection) -> Void,
        _ body: (PaymentGateway, CircuitBreaker) throws -> Void
    ) throws {
        let server = try ScriptedServer { [count] connection in
            while connection.readRequest() != nil {
                count.withLock { $0 += 1 }
                answer(connection)
            }
        }
        defer { server.stop() }
        let circuit = CircuitBreaker(
            CircuitBreaker.Settings(slowMilliseconds: 1000, callsMin: 5), clock: clock.clock)
        let gateway = PaymentGateway(
            transport: CurlTransport(configuration: PaymentGateway.transportConfiguration(timeoutMilliseconds: 5000)),
            origin: try #require(Origin(server.url)), key: "sk_test_1", circuit: circuit,
            observe: { [refusedCount] event in
                if case .circuitOpen = event { refusedCount.withLock { $0 += 1 } }
            })
        try body(gateway, circuit)
    }

    private func capture(_ gateway: PaymentGateway) -> PaymentError? {
        let key = PaymentKey(.capture, orderID: 1, placedAt: Timestamp(microsecondsSince1970: 1))
        do throws(PaymentError) {
            _ = try gateway.capture(id: "pi_1", amountCents: 1, key: key, by: .after(milliseconds: 5000))
            return nil
        } catch { return error }
    }

    private static let captured =
        #"{"id":"pi_1","object":"payment_intent","status":"succeeded","amount":1,"amount_capturable":0,"#
        + #""amount_received":1,"metadata":{"order_id":"1"}}"#

    @Test func `a gateway that fails is left alone, and what is not sent to it is not unknown`() throws {
        let isBack = Lock(false)
        try withGateway { connection in
            if isBack.withLock({ $0 }) {
                connection.reply("200 OK", body: Self.captured)
            } else {
                connection.reply(Self.unavailable, body: "{}")
            }
        } _: { gateway, circuit in
            for _ in 0..<5 {
                guard case .outcomeUnknown = capture(gateway) else {
                    Issue.record("A 503 tells what became of the payment.")
                    return
                }
            }
            #expect(circuit.state == .open)
            #expect(!gateway.check.decidesReadiness && gateway.check.details().circuit == "open")
            #expect(gateway.check.failure(.after(milliseconds: 1))?.contains("left alone") == true)
            for _ in 0..<20 {
                guard case .notSent = capture(gateway) else {
                    Issue.record("What the circuit keeps back was sent, or may have been.")
                    return
                }
            }
            #expect(count.withLock { $0 } == 5 && refusedCount.withLock { $0 } == 20)
            isBack.withLock { $0 = true }
            clock.advance(milliseconds: circuit.settings.openMilliseconds)
            for _ in 0..<3 { #expect(capture(gateway) == nil) }
            #expect(circuit.state == .closed && gateway.check.failure(.after(milliseconds: 1)) == nil)
        }
    }

    @Test func `what the gateway refuses, and a failure that it keeps under a key, tells of no outage`() throws {
        let answers = [
            ("402 Payment Required", #"{"error":{"type":"card_error","code":"card_declined","message":"x"}}"#, ""),
            ("400 Bad Request", #"{"error":{"type":"invalid_request_error","code":"x","message":"x"}}"#, ""),
            ("401 Unauthorized", #"{"error":{"type":"invalid_request_error","message":"x"}}"#, ""),
            ("409 Conflict", #"{"error":{"type":"idempotency_error","message":"x"}}"#, ""),
            ("500 Internal Server Error", "{}", "Idempotent-Replayed: true\r\n"),
        ]
        let next = Lock(0)
        try withGateway { connection in
            let (status, body, field) = answers[
                next.withLock { next in
                    defer { next += 1 }
                    return next % answers.count
                }]
            connection.write("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(field)\r\n\(body)")
        } _: { gateway, circuit in
            for _ in 0..<25 { #expect(capture(gateway) != nil) }
            #expect(circuit.state == .closed && count.withLock { $0 } == 25)
        }
    }

    @Test func `a gateway that answers late is left alone, too`() throws {
        try withGateway { [clock] connection in
            clock.advance(milliseconds: 1000)
            connection.reply("200 OK", body: Self.captured)
        } _: { gateway, circuit in
            for _ in 0..<5 { #expect(capture(gateway) == nil) }
            #expect(circuit.state == .open)
        }
    }
}
