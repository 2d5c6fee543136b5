import CustomerLookup
import Telemetry

// CREATED → CONFIRMED, CREATED → CANCELED, and CONFIRMED → CANCELED for a while. Nothing else, for synchronous orders; those of
// asynchronous ones are in `SagaMachine`.
extension Order {
    /// The order, confirmed.
    ///
    /// - Throws: `.expired` if the sweep canceled it, `.notConfirmable` if it was canceled or confirmed before, or confirms itself.
    func confirmed(at now: Timestamp) throws(OrderError) -> Order {
        guard flow == .sync else { throw .confirmsItself(status) }
        switch (status, cancelReason) {
        case (.created, _):
            var order = self
            order.version += 1
            order.status = .confirmed
            order.confirmedAt = now
            return order
        case (.canceled, .expired): throw .expired
        case (.canceled, _), (.confirmed, _), (.pending, _), (.stockReserved, _), (.paid, _), (.rejected, _):
            throw .notConfirmable(status)
        }
    }

    /// The order, canceled; the order as it stands if it is canceled already.
    ///
    /// - Parameter windowMinutes: how long after its confirmation an order may still be canceled.
    /// - Throws: `.notCancelable` if it was confirmed longer ago than that, `.rejected` if it was rejected.
    func canceled(
        at now: Timestamp, because reason: CancelReason, windowMinutes: Int
    ) throws(OrderError) -> Order {
        if status == .canceled { return self }
        if status == .rejected { throw .rejected }
        // A reading of the clock that waited for the confirmation to end is older than that; no time has passed then.
        if status == .confirmed, let confirmedAt,
            max(now, confirmedAt) >= confirmedAt.adding(seconds: windowMinutes * 60)
        {
            throw .notCancelable(windowMinutes: windowMinutes)
        }
        var order = self
        order.version += 1
        order.status = .canceled
        order.cancelReason = reason
        order.canceledAt = now
        return order
    }

    /// The order in the next of its states.
    func advanced(to status: Status, at now: Timestamp) -> Order {
        var order = self
        order.version += 1
        order.status = status
        if status == .confirmed { order.confirmedAt = now }
        return order
    }

    /// The order, given up.
    func rejected(because reason: RejectReason) -> Order {
        var order = self
        order.version += 1
        order.status = .rejected
        order.rejectReason = reason
        return order
    }

    /// Whether the order may be seen by a customer: somebody else's is as if there were none.
    ///
    /// - Parameter customerID: nil for whoever may see everybody's.
    func isVisible(to customerID: Int64?) -> Bool { customerID.map { $0 == customer.id } ?? true }

    /// The order, canceled because it was asked for, and what that does to its saga.
    ///
    /// - Parameter step: of its saga; nil where it has none.
    /// - Throws: `.notCancelable`, `.rejected`, `.paymentInProgress`.
    func ended(at step: Saga.Step?, now: Timestamp, windowMinutes: Int) throws(OrderError) -> SagaEnd {
        guard flow == .sync else {
            return try SagaMachine.canceled(self, at: step, now: now, windowMinutes: windowMinutes)
        }
        let order = try canceled(at: now, because: .requested, windowMinutes: windowMinutes)
        return SagaEnd(order: order, returnsStock: true, saga: .none)
    }
}
