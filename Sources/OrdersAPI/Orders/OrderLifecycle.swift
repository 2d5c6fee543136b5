import Telemetry

// CREATED → CONFIRMED, CREATED → CANCELED, and CONFIRMED → CANCELED for a while. Nothing else.
extension Order {
    /// The order, confirmed.
    ///
    /// - Throws: `.expired` if the sweep canceled it, `.notConfirmable` if it was canceled or confirmed before.
    func confirmed(at now: Timestamp) throws(OrderError) -> Order {
        switch (status, cancelReason) {
        case (.created, _):
            var order = self
            order.version += 1
            order.status = .confirmed
            order.confirmedAt = now
            return order
        case (.canceled, .expired): throw .expired
        case (.canceled, _), (.confirmed, _): throw .notConfirmable(status)
        }
    }

    /// The order, canceled; the order as it stands if it is canceled already.
    ///
    /// - Parameter windowMinutes: how long after its confirmation an order may still be canceled.
    /// - Throws: `.notCancelable` if it was confirmed longer ago than that.
    func canceled(
        at now: Timestamp, because reason: CancelReason, windowMinutes: Int
    ) throws(OrderError) -> Order {
        if status == .canceled { return self }
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
}
