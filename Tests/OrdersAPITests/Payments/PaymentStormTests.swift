import BlockingTesting
import Concurrency
import CurlHTTPClient
import Foundation
import HTTPMessages
import JSON
import SystemTesting
import Telemetry
import Testing

@testable import OrdersAPI

/// Many payments at a gateway that loses, delays, fails and is killed, by the rules of `docs/payments.md`.
@Suite(.blocking) struct PaymentStormTests {
    private static let orderCount = 48
    private static let faults = [
        ("lose-reply", 8), ("500-after-effect", 8), ("500-before-effect", 8), ("429", 8), ("409-in-progress", 8),
    ]

    /// One order's payment, asked for until it is captured.
    private struct Payment {
        let gateway: PaymentGateway
        let orderID: Int64
        let end = Deadline.after(milliseconds: 60_000)

        var amountCents: Int64 { 1000 + orderID }

        func settle() throws {
            let draft = PaymentDraft(
                orderID: orderID, amountCents: amountCents, currency: "usd", method: "pm_card_visa")
            // One whose id nobody has heard of was never confirmed, and holds nothing.
            let made = try step(.create, isDone: { _ in false }) { (key) throws(PaymentError) in
                try gateway.create(draft, key: key, by: .after(milliseconds: 2000))
            }
            let id = try #require(made?.id)
            _ = try step(.confirm, id, isDone: { $0.status == .requiresCapture }) { (key) throws(PaymentError) in
                try gateway.confirm(id: id, key: key, by: .after(milliseconds: 2000))
            }
            _ = try step(.capture, id, isDone: { $0.status == .succeeded }) { (key) throws(PaymentError) in
                try gateway.capture(id: id, amountCents: amountCents, key: key, by: .after(milliseconds: 2000))
            }
        }

        /// Sends a step until it is known to be done, under one key as long as that tells anything.
        private func step(
            _ step: PaymentKey.Step, _ id: String? = nil, isDone: (PaymentIntent) -> Bool,
            _ send: (PaymentKey) throws(PaymentError) -> PaymentIntent
        ) throws -> PaymentIntent? {
            var generation = 0
            while !end.hasPassed {
                let key = PaymentKey(
                    step, orderID: orderID, placedAt: Timestamp(microsecondsSince1970: 1), generation: generation)
                do throws(PaymentError) { return try send(key) } catch {
                    switch error {
                    case .outcomeUnknown(isKept: true, _):
                        if let id {
                            let found = try find(id)
                            if isDone(found) { return found }
                        }
                        generation += 1
                    case .outcomeUnknown(isKept: false, _), .notSent, .inProgress, .throttled:
                        Concurrency.Thread.sleep(milliseconds: 20)
                    case .declined, .unauthorized, .notTheGateway, .keyMismatch, .notFound, .unexpectedState, .invalid:
                        throw error
                    }
                }
            }
            throw ServiceProcess.Failure(description: "The payment of order \(orderID) does not end.")
        }

        private func find(_ id: String) throws -> PaymentIntent {
            while !end.hasPassed {
                do throws(PaymentError) { return try gateway.find(id: id, by: .after(milliseconds: 2000)) } catch {
                    guard error.isOutage || error == .inProgress else { throw error }
                    Concurrency.Thread.sleep(milliseconds: 20)
                }
            }
            throw ServiceProcess.Failure(description: "The payment \(id) is not to be found.")
        }
    }

    @Test func `whatever the gateway does, each order is held once and captured once, in full`() throws {
        let system = try RunningSystem([.paymentSimulator])
        defer { system.stop() }
        let rules = PaymentStormTests.faults.enumerated().map { index, fault in
            #"{"operation":"any","fault":"\#(fault.0)","percent":\#(fault.1),"seed":\#(index)}"#
        }
        let plan = #"{"faults":[\#(rules.joined(separator: ","))]}"#
        #expect(try system.paymentSimulator.send(.post, "/_simulator/faults", plan).status == 200)
        let origin = try #require(Origin("http://127.0.0.1:\(system.paymentSimulator.port)"))
        let gateway = PaymentGateway(
            transport: CurlTransport(configuration: PaymentGateway.transportConfiguration(timeoutMilliseconds: 2000)),
            origin: origin, key: PaymentSettings.exampleKey)
        _ = try inParallel(9) { worker in
            if worker == 8 {
                for _ in 0..<3 {
                    Concurrency.Thread.sleep(milliseconds: 400)
                    system.process(.paymentSimulator).signal(SIGKILL)
                    try system.restart(.paymentSimulator)
                }
                return
            }
            for order in stride(from: worker, to: PaymentStormTests.orderCount, by: 8) {
                try Payment(gateway: gateway, orderID: Int64(order + 1)).settle()
            }
        }
        #expect(try system.paymentSimulator.send(.post, "/_simulator/faults", #"{"faults":[]}"#).status == 200)
        for order in 1...Int64(PaymentStormTests.orderCount) {
            let reply = try system.paymentSimulator.send(.get, "/_simulator/ledger?order_id=\(order)")
            let movements = ["authorization", "capture", "refund", "cancellation"].map { kind in
                (reply.data.array ?? []).reduce(into: (count: Int64(0), cents: Int64(0))) { sum, account in
                    sum.count += account["\(kind)_count"]?.integer ?? 0
                    sum.cents += account["\(kind)_cents"]?.integer ?? 0
                }
            }
            #expect(movements.map(\.count) == [1, 1, 0, 0], "order \(order)")
            #expect(movements.map(\.cents) == [1000 + order, 1000 + order, 0, 0], "order \(order)")
        }
    }
}
