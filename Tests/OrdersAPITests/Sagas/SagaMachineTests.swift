import BlockingTesting
import CustomerLookup
import Telemetry
import Testing
import WebApplication

@testable import OrdersAPI

/// What follows from what, without a database.
@Suite(.blocking) struct SagaMachineTests {
    private static let now = Timestamp(microsecondsSince1970: 1_764_450_000_000_000)

    private func order(
        _ status: Order.Status, totalCents: Int64 = 1000, paymentID: String? = nil, confirmedAt: Timestamp? = nil
    ) -> Order {
        Order(
            id: 1, version: 1, customer: CustomerSnapshot(id: 3, name: "", email: "", phone: ""), status: status,
            totalCents: totalCents, items: [], createdAt: Self.now, confirmedAt: confirmedAt, flow: .async,
            paymentID: paymentID)
    }

    private func move(
        _ step: Saga.Step, _ result: StepResult, isLate: Bool = false, totalCents: Int64 = 1000,
        paymentID: String? = "pi_1", attempts: Int = 0
    ) -> SagaMove {
        let status: Order.Status = step == .reserve ? .pending : .stockReserved
        return SagaMachine.move(
            step, result, attempts: attempts, isLate: isLate,
            order: order(status, totalCents: totalCents, paymentID: paymentID))
    }

    private let again = SagaMove(next: .again(delayMilliseconds: 1000, withNextKey: false))

    @Test func `a reserved order goes on with its payment, one of nothing is confirmed at once`() {
        #expect(move(.reserve, .done) == SagaMove(statuses: [.stockReserved], next: .step(.authorize)))
        #expect(
            move(.reserve, .done, totalCents: 0)
                == SagaMove(statuses: [.stockReserved, .paid, .confirmed], next: .finished))
        #expect(
            move(.reserve, .refused(.insufficientStock))
                == SagaMove(statuses: [.rejected], rejectReason: .insufficientStock, next: .finished))
        #expect(move(.reserve, .unknown("x")) == again)
        #expect(
            move(.reserve, .unknown("x"), isLate: true)
                == SagaMove(statuses: [.rejected], rejectReason: .timedOut, next: .finished))
    }

    @Test func `a payment that is not held in time gives the stock back, and is voided where there may be one`() {
        #expect(move(.authorize, .done) == SagaMove(next: .step(.capture)))
        #expect(move(.authorize, .captured) == SagaMove(statuses: [.paid, .confirmed], next: .finished))
        #expect(move(.authorize, .unknown("x")) == again)
        for (result, isLate, reason) in [
            (StepResult.refused(.paymentDeclined), false, Order.RejectReason.paymentDeclined),
            (.unknown("x"), true, .paymentTimeout), (.keyUsedUp("x"), true, .paymentTimeout),
        ] {
            #expect(
                move(.authorize, result, isLate: isLate)
                    == SagaMove(
                        statuses: [.rejected], rejectReason: reason, returnsStock: true, next: .step(.void)))
            #expect(move(.authorize, result, isLate: isLate, paymentID: nil).next == .finished)
        }
    }

    @Test func `from the capture on an order goes forward only`() {
        for isLate in [false, true] {
            #expect(move(.capture, .done, isLate: isLate) == SagaMove(statuses: [.paid, .confirmed], next: .finished))
        }
        #expect(move(.capture, .unknown("x")) == again)
        #expect(move(.capture, .unknown("x"), isLate: true) == SagaMove(next: .dead))
        #expect(
            move(.capture, .refused(.paymentDeclined))
                == SagaMove(
                    statuses: [.rejected], rejectReason: .paymentDeclined, returnsStock: true, next: .step(.void)))
    }

    @Test func `what compensates changes no order, and never gives up by itself`() {
        #expect(move(.void, .done) == SagaMove(next: .finished))
        #expect(move(.void, .captured) == SagaMove(next: .step(.refund)))
        #expect(move(.refund, .done) == SagaMove(next: .finished))
        for step in [Saga.Step.void, .refund] {
            #expect(move(step, .unknown("x")) == again)
            #expect(move(step, .unknown("x"), isLate: true) == SagaMove(next: .dead))
            #expect(move(step, .refused(.paymentDeclined)) == SagaMove(next: .dead))
        }
    }

    @Test func `a failure that the gateway keeps is tried again under the next key, any other under the same`() {
        for step in Saga.Step.allCases {
            #expect(
                move(step, .keyUsedUp("x")).next == .again(delayMilliseconds: 1000, withNextKey: true), "\(step)")
            #expect(move(step, .unknown("x")).next == .again(delayMilliseconds: 1000, withNextKey: false), "\(step)")
        }
    }

    @Test func `pauses double to a minute`() {
        let pauses = (1...9).map { SagaMachine.pauseMilliseconds(afterAttempts: $0) / 1000 }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        #expect(SagaMachine.pauseMilliseconds(afterAttempts: 1_000_000) == 60_000)
    }

    private func canceled(_ order: Order, at step: Saga.Step?, windowMinutes: Int = 10) throws(OrderError) -> SagaEnd {
        try SagaMachine.canceled(order, at: step, now: Self.now, windowMinutes: windowMinutes)
    }

    @Test func `an order is canceled until its payment is taken, and after that for a while`() throws {
        let pending = try canceled(order(.pending), at: .reserve)
        #expect(pending.saga == .remove && !pending.returnsStock && pending.order.status == .canceled)
        let reserved = try canceled(order(.stockReserved), at: .authorize)
        #expect(reserved.saga == .remove && reserved.returnsStock)
        let held = try canceled(order(.stockReserved, paymentID: "pi_1"), at: .authorize)
        #expect(held.saga == .compensate(.void) && held.returnsStock)
        let confirmed = try canceled(order(.confirmed, paymentID: "pi_1", confirmedAt: Self.now), at: nil)
        #expect(confirmed.saga == .compensate(.refund) && confirmed.returnsStock)
        let free = try canceled(order(.confirmed, totalCents: 0, confirmedAt: Self.now), at: nil)
        #expect(free.saga == .none && free.returnsStock)
        let again = try canceled(held.order, at: .void)
        #expect(again.saga == .none && !again.returnsStock)
    }

    @Test func `an order that is being paid for, has been for long, or was rejected is not canceled`() {
        #expect(
            refusal { () throws(OrderError) in try canceled(order(.stockReserved, paymentID: "pi_1"), at: .capture) }
                == "payment-in-progress")
        #expect(
            refusal { () throws(OrderError) in try canceled(order(.paid, paymentID: "pi_1"), at: .capture) }
                == "payment-in-progress")
        #expect(
            refusal { () throws(OrderError) in try canceled(order(.rejected), at: .void) } == "order-not-cancelable")
        let old = order(.confirmed, paymentID: "pi_1", confirmedAt: Self.now)
        #expect(
            refusal { () throws(OrderError) in try canceled(old, at: nil, windowMinutes: 0) } == "order-not-cancelable")
    }

    @Test func `an operator gives an order up until its payment is taken`() throws {
        let reserved = try SagaMachine.discarded(order(.stockReserved, paymentID: "pi_1"), at: .authorize)
        #expect(reserved.order.status == .rejected && reserved.order.rejectReason == .discarded)
        #expect(reserved.saga == .compensate(.void) && reserved.returnsStock)
        #expect(try SagaMachine.discarded(order(.pending), at: .reserve).saga == .remove)
        for step in [Saga.Step.capture, .void, .refund] {
            #expect(
                refusal { () throws(OrderError) in try SagaMachine.discarded(order(.stockReserved), at: step) }
                    == "saga-not-discardable")
        }
    }

    private func refusal(_ work: () throws(OrderError) -> SagaEnd) -> String? {
        do throws(OrderError) {
            _ = try work()
            return nil
        } catch {
            return error.problem.code
        }
    }
}
