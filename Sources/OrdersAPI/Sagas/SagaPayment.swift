import Concurrency
import FaultPoints
import MySQL
import Telemetry

/// The steps that speak with the payment gateway. Each sends under a key made of the order and the step, so that a repetition by
/// anybody has no second effect, and an outcome that is not known is asked for by the payment's id.
struct SagaPayment: Sendable {
    let gateway: PaymentGateway
    let settings: PaymentSettings
    /// The way of payment of orders that name none.
    let methodDefault: String
    let results: SagaResults
    let metrics: SagaMetrics
    let logger: Logger

    /// Does a saga's step.
    ///
    /// - Returns: what came of it; nil where the saga was somebody else's by then.
    func run(_ leased: LeasedSaga) throws(OrderError) -> StepResult? {
        let order = try results.database.read(by: .after(milliseconds: SagaResults.storeMilliseconds)) {
            (session: borrowing ReadSession<OrderError>) throws(OrderError) in
            try results.orders.find(id: leased.saga.orderID, in: session)
        }
        guard let order else { return nil }
        do throws(Interruption) {
            switch leased.saga.step {
            case .reserve: return nil
            case .authorize: return try authorize(order, leased)
            case .capture: return try capture(order, leased.saga)
            case .void: return try void(order, leased.saga)
            case .refund: return try refund(order, leased.saga)
            }
        } catch {
            switch error {
            case .lost: return nil
            case .store(let error): throw error
            case .payment(let error): return result(of: error, leased.saga)
            }
        }
    }

    /// What ends a step before its outcome is known.
    private enum Interruption: Error {
        case lost
        case store(OrderError)
        case payment(PaymentError)
    }

    private func authorize(_ order: Order, _ leased: LeasedSaga) throws(Interruption) -> StepResult {
        let saga = leased.saga
        let id: String
        if let known = order.paymentID {
            id = known
            if saga.attempts > 0 {
                let intent = try find(id)
                if let result = SagaPayment.authorized(intent) { return result }
            }
        } else {
            // It holds nothing until its id has committed with the order: nobody has to look for it.
            let draft = PaymentDraft(
                orderID: order.id, amountCents: order.totalCents, currency: settings.currency,
                method: order.paymentMethod ?? methodDefault)
            id = try send(saga) { () throws(PaymentError) in
                faultPoint("payments.authorize.before-send")
                defer { faultPoint("payments.authorize.after-send") }
                return try gateway.create(draft, key: key(.create, order, saga), by: deadline)
            }.id
            let isStored: Bool
            do throws(OrderError) { isStored = try results.storePayment(id: id, of: leased) } catch {
                throw .store(error)
            }
            guard isStored else { throw .lost }
        }
        return try settled(saga, id, SagaPayment.authorized) { () throws(PaymentError) in
            faultPoint("payments.authorize.before-send")
            defer { faultPoint("payments.authorize.after-send") }
            return try gateway.confirm(id: id, key: key(.confirm, order, saga), by: deadline)
        }
    }

    private func capture(_ order: Order, _ saga: Saga) throws(Interruption) -> StepResult {
        guard let id = order.paymentID else { throw .lost }
        if saga.attempts > 0, let result = SagaPayment.captured(try find(id)) { return result }
        return try settled(saga, id, SagaPayment.captured) { () throws(PaymentError) in
            faultPoint("payments.capture.before-send")
            defer { faultPoint("payments.capture.after-send") }
            return try gateway.capture(
                id: id, amountCents: order.totalCents, key: key(.capture, order, saga), by: deadline)
        }
    }

    private func void(_ order: Order, _ saga: Saga) throws(Interruption) -> StepResult {
        guard let id = order.paymentID else { return .done }
        // Whatever a confirmation came to that nobody has heard of.
        if let result = SagaPayment.voided(try find(id)) { return result }
        return try settled(saga, id, SagaPayment.voided) { () throws(PaymentError) in
            faultPoint("payments.void.before-send")
            defer { faultPoint("payments.void.after-send") }
            return try gateway.cancel(id: id, key: key(.cancel, order, saga), by: deadline)
        }
    }

    private func refund(_ order: Order, _ saga: Saga) throws(Interruption) -> StepResult {
        guard let id = order.paymentID else { return .done }
        if let result = SagaPayment.refunded(try find(id)) { return result }
        return try settled(saga, id, SagaPayment.refunded) { () throws(PaymentError) in
            faultPoint("payments.refund.before-send")
            defer { faultPoint("payments.refund.after-send") }
            return try gateway.refund(
                paymentIntentID: id, amountCents: order.totalCents, key: key(.refund, order, saga), by: deadline)
        }
    }

    /// Sends what changes a payment; where the answer does not tell what became of it, the payment itself does.
    private func settled(
        _ saga: Saga, _ id: String, _ read: (PaymentIntent) -> StepResult?,
        _ change: () throws(PaymentError) -> PaymentIntent
    ) throws(Interruption) -> StepResult {
        let error: PaymentError
        do throws(PaymentError) {
            if let result = read(try change()) { return result }
            return .unknown("The gateway is still working on the payment.")
        } catch let failure {
            error = failure
        }
        noteUnknown(error)
        switch error {
        case .outcomeUnknown(let isKept, _) where isKept:
            if let result = read(try find(id)) { return result }
            return .keyUsedUp(error.message)
        case .unexpectedState:
            if let result = read(try find(id)) { return result }
            return .unknown(error.message)
        default: throw .payment(error)
        }
    }

    private func find(_ id: String) throws(Interruption) -> PaymentIntent {
        do throws(PaymentError) { return try gateway.find(id: id, by: deadline) } catch {
            if error.needsOperator { throw .payment(error) }
            // Nobody was asked, so nothing new is unknown.
            if case .notSent = error { throw .payment(error) }
            // That it was not heard of tells nothing of the payment.
            var reason = error.message
            if case .outcomeUnknown(_, let cause) = error { reason = cause }
            throw .payment(.outcomeUnknown(isKept: false, reason: reason))
        }
    }

    private func send(
        _ saga: Saga, _ request: () throws(PaymentError) -> PaymentIntent
    ) throws(Interruption) -> PaymentIntent {
        do throws(PaymentError) { return try request() } catch {
            noteUnknown(error)
            throw .payment(error)
        }
    }

    private func key(_ step: PaymentKey.Step, _ order: Order, _ saga: Saga) -> PaymentKey {
        PaymentKey(step, orderID: order.id, placedAt: order.createdAt, generation: saga.keyGeneration)
    }

    private var deadline: Deadline { .after(milliseconds: settings.timeoutMilliseconds) }

    private func noteUnknown(_ error: PaymentError) {
        if case .outcomeUnknown = error { metrics.noteUnknownPayment() }
    }

    /// What an error means for the step, where the payment was not asked.
    private func result(of error: PaymentError, _ saga: Saga) -> StepResult {
        if error.needsOperator {
            logger.error(
                "payment gateway not usable",
                ["order_id": saga.orderID, "step": saga.step.rawValue, "cause": error.message])
        }
        switch error {
        case .declined: return .refused(.paymentDeclined)
        case .invalid:
            logger.warning(
                "payment refused",
                ["order_id": saga.orderID, "step": saga.step.rawValue, "cause": error.message])
            switch saga.step {
            case .reserve, .authorize, .capture, .refund: return .refused(.paymentDeclined)
            // What may be held must not be left there.
            case .void: return .unknown(error.message)
            }
        // A key whose first answer is kept, of a payment whose id nobody knows: the next key makes another payment, and this one holds nothing.
        case .outcomeUnknown(isKept: true, reason: _): return .keyUsedUp(error.message)
        case .outcomeUnknown, .notSent, .inProgress, .throttled, .unauthorized, .notTheGateway, .keyMismatch,
            .notFound, .unexpectedState:
            return .unknown(error.message)
        }
    }
}

// What a payment's status says of a step's outcome; nil where the step has yet to be done.
extension SagaPayment {
    static func authorized(_ intent: PaymentIntent) -> StepResult? {
        switch intent.status {
        case .requiresCapture: .done
        case .succeeded: .captured
        case .canceled, .requiresAction: .refused(.paymentDeclined)
        case .requiresPaymentMethod: intent.declineCode == nil ? nil : .refused(.paymentDeclined)
        case .requiresConfirmation: nil
        case .processing, .unknown: .unknown("The gateway is still working on the payment.")
        }
    }

    static func captured(_ intent: PaymentIntent) -> StepResult? {
        switch intent.status {
        case .succeeded: .done
        case .requiresCapture: nil
        // What was held was let go.
        case .canceled, .requiresAction, .requiresPaymentMethod, .requiresConfirmation: .refused(.paymentDeclined)
        case .processing, .unknown: .unknown("The gateway is still working on the payment.")
        }
    }

    static func voided(_ intent: PaymentIntent) -> StepResult? {
        switch intent.status {
        case .canceled: .done
        case .succeeded: .captured
        case .requiresCapture, .requiresAction, .requiresPaymentMethod, .requiresConfirmation: nil
        case .processing, .unknown: .unknown("The gateway is still working on the payment.")
        }
    }

    static func refunded(_ intent: PaymentIntent) -> StepResult? {
        switch intent.status {
        case .succeeded: intent.refundedCents >= intent.capturedCents ? .done : nil
        case .processing, .unknown: .unknown("The gateway is still working on the payment.")
        // Nothing was taken.
        case .canceled, .requiresCapture, .requiresAction, .requiresPaymentMethod, .requiresConfirmation: .done
        }
    }
}
