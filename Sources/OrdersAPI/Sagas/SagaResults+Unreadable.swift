import MySQL
import Telemetry

extension SagaResults {
    /// Does what concerns one saga, which must not keep the others where it fails for what is stored of its order.
    ///
    /// - Returns: nil where it failed for that.
    func settingAside<Value>(
        _ leased: LeasedSaga, _ body: () throws(OrderError) -> Value?
    ) throws(OrderError) -> Value? {
        do throws(OrderError) { return try body() } catch {
            guard error.isOfOneOrder else { throw error }
            try setAside(leased, because: error)
            return nil
        }
    }

    /// Has the step tried again, without reading the order, and leaves it to an operator once its deadline has passed.
    private func setAside(_ leased: LeasedSaga, because error: OrderError) throws(OrderError) {
        let id = leased.saga.orderID
        let result = StepResult.unknown("What is stored of the order cannot be used: \(error)")
        let isDead = try written { (transaction) throws(OrderError) -> Bool? in
            try orders.hold(id: id, in: transaction)
            guard let (saga, now) = try lockSaga(leased, in: transaction) else { return nil }
            let isLate = now >= saga.deadlineAt
            let next = isLate ? .dead : SagaMachine.again(result, saga.attempts).next
            try write(next, because: result, to: saga, now: now, in: transaction)
            return isLate
        }
        guard let isDead else { return noteLost(leased) }
        logger.error(
            isDead ? "saga dead" : "saga's step not done",
            ["order_id": id, "step": leased.saga.step.rawValue, "cause": String(describing: error)])
    }
}

extension OrderError {
    /// Whether it comes of what is stored of an order, and not of the database as such.
    var isOfOneOrder: Bool {
        switch databaseError {
        case .decoding, .statement, .dataTooLong, .outOfRange, .duplicateKey: true
        case .conflict, .lockWaitTimeout, .unavailable, .untrustedServer, .poolExhausted, .deadlineExceeded,
            .outcomeUnknown, nil:
            false
        }
    }
}
