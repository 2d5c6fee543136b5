import Telemetry

/// What somebody's wish to end an order does to its saga.
struct SagaEnd: Sendable {
    enum Saga: Sendable, Equatable {
        /// There is none, and none is needed.
        case none
        /// Nothing was held for the order: its row goes.
        case remove
        /// From here on it only compensates.
        case compensate(OrdersAPI.Saga.Step)
    }

    var order: Order
    let returnsStock: Bool
    let saga: Saga
}

// Orders that end because somebody wants it. The caller holds the order's row, without which no step's result is written.
extension SagaMachine {
    /// An asynchronous order, canceled; the order as it stands if it is canceled already.
    ///
    /// - Parameter step: of its saga; nil where it has none.
    /// - Throws: `.paymentInProgress`, `.rejected`, `.notCancelable`.
    static func canceled(
        _ order: Order, at step: Saga.Step?, now: Timestamp, windowMinutes: Int
    ) throws(OrderError) -> SagaEnd {
        let canceled = try order.canceled(at: now, because: .requested, windowMinutes: windowMinutes)
        switch order.status {
        case .canceled, .rejected, .created: return SagaEnd(order: canceled, returnsStock: false, saga: .none)
        case .paid: throw .paymentInProgress
        case .confirmed:
            return SagaEnd(
                order: canceled, returnsStock: true, saga: order.paymentID == nil ? .none : .compensate(.refund))
        case .pending, .stockReserved:
            // It may be taken by now, and whether it is shows soon.
            if step == .capture { throw .paymentInProgress }
            return ended(canceled, after: order)
        }
    }

    /// An asynchronous order that an operator gives up.
    ///
    /// - Throws: `.sagaNotDiscardable` where its payment may have been taken, or it has ended.
    static func discarded(_ order: Order, at step: Saga.Step) throws(OrderError) -> SagaEnd {
        switch step {
        case .reserve, .authorize: ended(order.rejected(because: .discarded), after: order)
        case .capture, .void, .refund: throw .sagaNotDiscardable(step)
        }
    }

    private static func ended(_ order: Order, after former: Order) -> SagaEnd {
        SagaEnd(
            order: order, returnsStock: former.status == .stockReserved,
            saga: former.paymentID == nil ? .remove : .compensate(.void))
    }
}
