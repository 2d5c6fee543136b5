import BlockingTesting
import Concurrency
import CurlHTTPClient
import Foundation
import HTTPMessages
import JSON
import Settings
import SystemTesting
import Telemetry
import Testing

@testable import OrdersAPI

/// The gateway's client against the simulator as a process.
@Suite(.blocking) struct PaymentGatewayTests {
    private let system: RunningSystem
    private let gateway: PaymentGateway

    init() throws {
        system = try RunningSystem([.paymentSimulator])
        gateway = try PaymentGatewayTests.gateway(system)
    }

    private static func gateway(
        _ system: RunningSystem, key: Secret = PaymentSettings.exampleKey, timeoutMilliseconds: Int = 15_000
    ) throws -> PaymentGateway {
        let transport = CurlTransport(
            configuration: PaymentGateway.transportConfiguration(timeoutMilliseconds: timeoutMilliseconds))
        let origin = try #require(Origin("http://127.0.0.1:\(system.paymentSimulator.port)"))
        return PaymentGateway(transport: transport, origin: origin, key: key)
    }

    private static let placedAt = Timestamp(microsecondsSince1970: 1_795_392_000_000_000)

    private func key(_ step: PaymentKey.Step, order: Int64 = 17, generation: Int = 0) -> PaymentKey {
        PaymentKey(step, orderID: order, placedAt: PaymentGatewayTests.placedAt, generation: generation)
    }

    private var soon: Deadline { .after(milliseconds: 10_000) }

    private func create(_ method: String = "pm_card_visa", order: Int64 = 17) throws(PaymentError) -> PaymentIntent {
        try gateway.create(
            PaymentDraft(orderID: order, amountCents: 2580, currency: "usd", method: method),
            key: key(.create, order: order), by: soon)
    }

    private func held(order: Int64 = 17) throws(PaymentError) -> PaymentIntent {
        try gateway.confirm(id: try create(order: order).id, key: key(.confirm, order: order), by: soon)
    }

    private func capture(_ id: String, amountCents: Int64 = 2580) throws(PaymentError) -> PaymentIntent {
        try gateway.capture(id: id, amountCents: amountCents, key: key(.capture), by: soon)
    }

    private func error(_ body: () throws(PaymentError) -> PaymentIntent) -> PaymentError? {
        do throws(PaymentError) {
            _ = try body()
            return nil
        } catch { return error }
    }

    private func plan(_ operation: String, _ fault: String, count: Int = 1, delay: Int? = nil) throws {
        let delay = delay.map { #","delay_ms":\#($0)"# } ?? ""
        let rule = #"{"operation":"\#(operation)","fault":"\#(fault)","count":\#(count)\#(delay)}"#
        #expect(try system.paymentSimulator.send(.post, "/_simulator/faults", #"{"faults":[\#(rule)]}"#).status == 200)
    }

    /// Authorizations, captures, refunds and cancellations in cents, of all payments of the order.
    private func ledger(order: Int64 = 17) throws -> [Int64] {
        let accounts = try system.paymentSimulator.send(.get, "/_simulator/ledger?order_id=\(order)").data.array ?? []
        return ["authorization", "capture", "refund", "cancellation"].map { kind in
            accounts.reduce(0) { $0 + ($1["\(kind)_cents"]?.integer ?? 0) }
        }
    }

    @Test func `a payment goes all its way, and a second time under the same keys changes nothing`() throws {
        defer { system.stop() }
        for _ in 0..<2 {
            let made = try create()
            #expect(made.status == .requiresConfirmation)
            #expect(made.orderID == 17)
            let held = try gateway.confirm(id: made.id, key: key(.confirm), by: soon)
            #expect(held.status == .requiresCapture)
            #expect(held.capturableCents == 2580)
            #expect(held.refundedCents == 0)
            let captured = try capture(made.id)
            #expect(captured.status == .succeeded)
            #expect(captured.capturedCents == 2580)
            let refunded = try gateway.refund(
                paymentIntentID: made.id, amountCents: 2580, key: key(.refund), by: soon)
            #expect(refunded.refundedCents == 2580)
            #expect(try gateway.find(id: made.id, by: soon) == refunded)
        }
        #expect(try ledger() == [2580, 2580, 2580, 0])
    }

    @Test func `a hold that is canceled is no refund`() throws {
        defer { system.stop() }
        let id = try held().id
        let canceled = try gateway.cancel(id: id, key: key(.cancel), by: soon)
        #expect(canceled.status == .canceled)
        #expect(canceled.refundedCents == 0)
        #expect(canceled.capturedCents == 0)
        #expect(error { () throws(PaymentError) in try capture(id) } == .unexpectedState(.canceled))
        #expect(try ledger() == [2580, 0, 0, 2580])
    }

    @Test(arguments: [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_authenticationRequired", "authentication_required"),
    ])
    func `a declined card is told with its reason, and the payment keeps it`(method: String, code: String) throws {
        defer { system.stop() }
        let id = try create(method).id
        let confirm = { () throws(PaymentError) in try gateway.confirm(id: id, key: key(.confirm), by: soon) }
        #expect(error(confirm) == .declined(code: code))
        #expect(error(confirm) == .declined(code: code))
        let found = try gateway.find(id: id, by: soon)
        #expect(found.status == .requiresPaymentMethod)
        #expect(found.declineCode == code)
        #expect(try ledger() == [0, 0, 0, 0])
    }

    @Test func `a reply that is lost, late or a 500 is an unknown outcome, and the payment tells`() throws {
        defer { system.stop() }
        let id = try held().id
        try plan("capture", "lose-reply")
        guard case .outcomeUnknown(isKept: false, _) = error({ () throws(PaymentError) in try capture(id) }) else {
            Issue.record("The outcome of a lost reply is not unknown.")
            return
        }
        #expect(try capture(id).capturedCents == 2580)
        let late = try held(order: 18).id
        let impatient = try PaymentGatewayTests.gateway(system, timeoutMilliseconds: 300)
        try plan("capture", "delay", delay: 4000)
        let key = key(.capture, order: 18)
        let first = error { () throws(PaymentError) in
            try impatient.capture(id: late, amountCents: 2580, key: key, by: soon)
        }
        guard case .outcomeUnknown(isKept: false, _) = first else {
            Issue.record("The outcome of a late reply is not unknown: \(String(describing: first))")
            return
        }
        // The first request is still under way.
        let second = error { () throws(PaymentError) in
            try gateway.capture(id: late, amountCents: 2580, key: key, by: soon)
        }
        #expect(second == .inProgress)
        try waitUntil { try gateway.capture(id: late, amountCents: 2580, key: key, by: soon).status == .succeeded }
        #expect(try ledger() == [2580, 2580, 0, 0])
        #expect(try ledger(order: 18) == [2580, 2580, 0, 0])
    }

    @Test func `a kept 500 says so; where nothing was done, a key of the next generation does it`() throws {
        defer { system.stop() }
        let id = try held().id
        try plan("capture", "500-before-effect")
        let errors = (0..<2).map { _ in error { () throws(PaymentError) in try capture(id) } }
        guard case .outcomeUnknown(isKept: false, _) = errors[0], case .outcomeUnknown(isKept: true, _) = errors[1]
        else {
            Issue.record("\(errors)")
            return
        }
        #expect(try gateway.find(id: id, by: soon).status == .requiresCapture)
        let captured = try gateway.capture(id: id, amountCents: 2580, key: key(.capture, generation: 1), by: soon)
        #expect(captured.status == .succeeded)
        #expect(try ledger() == [2580, 2580, 0, 0])
    }

    @Test func `a gateway that is killed while it captures has captured once`() throws {
        defer { system.stop() }
        let id = try held().id
        try plan("capture", "delay", delay: 9000)
        let results = try inParallel(2) { index in
            if index == 0 { return error { () throws(PaymentError) in try capture(id) } }
            Concurrency.Thread.sleep(milliseconds: 2000)
            system.process(.paymentSimulator).signal(SIGKILL)
            // Until its end somebody may still be let in who is never answered.
            _ = try system.process(.paymentSimulator).waitForExit()
            return nil
        }
        guard case .outcomeUnknown(isKept: false, _) = results[0] else {
            Issue.record("\(String(describing: results[0]))")
            return
        }
        guard case .notSent = error({ () throws(PaymentError) in try capture(id) }) else {
            Issue.record("A gateway that is not there was reached.")
            return
        }
        try system.restart(.paymentSimulator)
        #expect(try capture(id).capturedCents == 2580)
        #expect(try ledger() == [2580, 2580, 0, 0])
    }

    @Test func `what the gateway refuses is told apart`() throws {
        defer { system.stop() }
        let id = try held().id
        #expect(error { () throws(PaymentError) in try gateway.find(id: "pi_0", by: soon) } == .notFound)
        #expect(error { () throws(PaymentError) in try gateway.find(id: "../refunds", by: soon) } == .notFound)
        let missing = error { () throws(PaymentError) in
            try gateway.refund(paymentIntentID: "pi_0", amountCents: 1, key: key(.refund), by: soon)
        }
        #expect(missing == .notFound)
        guard
            case .invalid(code: "amount_too_large", _) = error({ () throws(PaymentError) in
                try capture(id, amountCents: 2581)
            })
        else {
            Issue.record("More than is held was not refused.")
            return
        }
        let reused = error { () throws(PaymentError) in try capture(id) }
        #expect(reused == .keyMismatch)
        #expect(
            error { () throws(PaymentError) in try gateway.confirm(id: id, key: key(.confirm, order: 9), by: soon) }
                == .unexpectedState(.requiresCapture))
        guard
            case .invalid(code: "resource_missing", _) = error({ () throws(PaymentError) in
                try create("pm_card_nobodys", order: 19)
            })
        else {
            Issue.record("A payment method that does not exist was not refused.")
            return
        }
        for (fault, expected) in [
            ("429", PaymentError.throttled(retryAfterSeconds: 1)), ("409-in-progress", .inProgress),
        ] {
            try plan("find", fault)
            #expect(error { () throws(PaymentError) in try gateway.find(id: id, by: soon) } == expected)
        }
        let stranger = try PaymentGatewayTests.gateway(system, key: "sk_test_nobody")
        guard case .unauthorized = error({ () throws(PaymentError) in try stranger.find(id: id, by: soon) }) else {
            Issue.record("A wrong key was not told as such.")
            return
        }
        #expect(try ledger() == [2580, 0, 0, 0])
    }

    @Test func `more is never given back than was captured`() throws {
        defer { system.stop() }
        let id = try held().id
        _ = try capture(id)
        _ = try gateway.refund(paymentIntentID: id, amountCents: 2000, key: key(.refund), by: soon)
        let more = error { () throws(PaymentError) in
            try gateway.refund(paymentIntentID: id, amountCents: 581, key: key(.refund, generation: 1), by: soon)
        }
        guard case .invalid = more else {
            Issue.record("\(String(describing: more))")
            return
        }
        #expect(try ledger() == [2580, 2580, 2000, 0])
    }
}
