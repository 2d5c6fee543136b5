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
        let isDead = try written { (transaction) throws(OrderError) -> Bool? in
            try orders.hold(id: id, in: transaction)
            let found = try sagas.lock(orderIDs: [id], in: transaction)
            guard var saga = found.sagas[id], let now = found.now, SagaResults.isHeld(saga, by: leased) else {
                return nil
            }
            saga.attempts += 1
            saga.lastError = SagaResults.shown("What is stored of the order cannot be used: \(error)")
            let isLate = now >= saga.deadlineAt
            if isLate {
                try sagas.bury(saga, in: transaction)
                try orders.updateAttention(orderID: id, isNeeded: true, in: transaction)
            } else {
                let pause = SagaMachine.pauseMilliseconds(afterAttempts: saga.attempts)
                try sagas.postpone(saga, delayMilliseconds: pause, in: transaction)
            }
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
