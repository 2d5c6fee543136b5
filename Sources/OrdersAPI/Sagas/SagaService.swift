import Idempotency
import JSON
import MySQL
import Telemetry

/// What an operator does with sagas, and what ends one before its time.
struct SagaService: Sendable {
    let database: Database
    let orders: OrderStore
    let products: ProductStore
    let events: OrderEventStore
    let sagas: SagaStore
    let idempotency: IdempotencyStore
    let deadlineMinutes: Int
    let metrics: OrderMetrics
    /// Nil where this process does no steps.
    let runner: SagaRunner?
    /// Called with the orders of which something has committed.
    let didCommit: @Sendable (_ orderIDs: [Int64]) -> Void

    /// - Throws: `.sagaNotFound`.
    func get(orderID: Int64, _ call: CallContext) throws(OrderError) -> Saga {
        let saga = try database.read(for: call) {
            (session: borrowing ReadSession<OrderError>) throws(OrderError) in
            try sagas.find(orderID: orderID, in: session)
        }
        guard let saga else { throw .sagaNotFound }
        return saga
    }

    /// Sagas of orders below `beforeID`, the newest first.
    func list(
        _ filter: SagaFilter, beforeID: Int64?, limit: Int, _ call: CallContext
    ) throws(OrderError) -> [Saga] {
        try database.read(.list, for: call) {
            (session: borrowing ReadSession<OrderError>) throws(OrderError) in
            try sagas.list(filter, beforeID: beforeID, limit: limit, in: session)
        }
    }

    /// Has a dead saga's step tried again, at once and for as long as a new one; one that is not dead stays as it is.
    ///
    /// - Throws: `.sagaNotFound`.
    func redrive(
        orderID: Int64, _ keeping: ReplyKeeping<Saga>, _ call: CallContext
    ) throws(OrderError) -> Kept<Saga> {
        let lease = SagaRunner.newFirstLease()
        let (kept, isBegun) = try database.transaction(for: call, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<OrderError>) throws(OrderError) in
            guard let (_, now) = try orders.lock(id: orderID, in: transaction),
                var saga = try sagas.lock(orderID: orderID, in: transaction)
            else { throw .sagaNotFound }
            guard saga.state == .dead else {
                return (try idempotency.record(saga, keeping, in: transaction), false)
            }
            begin(&saga, at: saga.step, now: now)
            let kept = try idempotency.record(saga, keeping, in: transaction)
            try sagas.takeOver(saga, leaseSeconds: firstLeaseSeconds(at: saga.step), in: transaction)
            try orders.updateAttention(orderID: orderID, isNeeded: false, in: transaction)
            return (kept, true)
        }
        if isBegun { runner?.begin(kept.value, lease: lease) }
        return kept
    }

    /// Gives an order up whose payment was not taken: it is rejected, its stock returned, and what may be held is let go.
    ///
    /// - Throws: `.sagaNotFound`, `.sagaNotDiscardable`.
    func discard(
        orderID: Int64, _ keeping: ReplyKeeping<Order>, _ call: CallContext
    ) throws(OrderError) -> Kept<Order> {
        let lease = SagaRunner.newFirstLease()
        let (kept, begun) = try database.transaction(for: call, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<OrderError>) throws(OrderError) in
            guard let (order, now) = try orders.lock(id: orderID, in: transaction),
                let saga = try sagas.lock(orderID: orderID, in: transaction)
            else { throw .sagaNotFound }
            var end = try SagaMachine.discarded(order, at: saga.step)
            end.order.needsAttention = false
            let kept = try idempotency.record(end.order, keeping, in: transaction)
            let begun = try write(end, after: order, saga, now: now, call.trace, in: transaction)
            if order.needsAttention { try orders.updateAttention(orderID: orderID, isNeeded: false, in: transaction) }
            return (kept, begun)
        }
        metrics.noteTransition(.async, to: .rejected)
        didCommit([orderID])
        if let begun { runner?.begin(begun, lease: lease) }
        return kept
    }

    /// Writes that an order has ended because somebody wanted it; the transaction holds its row, and its saga's.
    ///
    /// - Returns: the saga that compensates, which this process has leased.
    func write(
        _ end: SagaEnd, after former: Order, _ saga: Saga?, now: Timestamp, _ trace: TraceContext?,
        in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) -> Saga? {
        try orders.updateStatus(end.order, in: transaction)
        let begun = try compensate(end, saga, now: now, trace, in: transaction)
        try events.append(OrderEvent(end.order, after: former.status, trace, at: now), in: transaction)
        if end.returnsStock { try products.returnStock(of: end.order.items, in: transaction) }
        return begun
    }

    private func compensate(
        _ end: SagaEnd, _ saga: Saga?, now: Timestamp, _ trace: TraceContext?,
        in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) -> Saga? {
        switch end.saga {
        case .none: return nil
        case .remove:
            try sagas.remove(orderID: end.order.id, in: transaction)
            return nil
        case .compensate(let step):
            if var saga {
                begin(&saga, at: step, now: now)
                try sagas.takeOver(saga, leaseSeconds: firstLeaseSeconds(at: saga.step), in: transaction)
                return saga
            }
            var new = SagaService.new(
                orderID: end.order.id, at: step, deadlineAt: now, traceparent: trace?.traceparent)
            begin(&new, at: step, now: now)
            try sagas.insert(new, leaseSeconds: firstLeaseSeconds(at: step), in: transaction)
            return new
        }
    }

    /// A saga that begins now.
    static func new(orderID: Int64, at step: Saga.Step, deadlineAt: Timestamp, traceparent: String?) -> Saga {
        Saga(
            orderID: orderID, step: step, state: .running, fence: Saga.newFence(), attempts: 0, keyGeneration: 0,
            deadlineAt: deadlineAt, traceparent: traceparent)
    }

    private func begin(_ saga: inout Saga, at step: Saga.Step, now: Timestamp) {
        // Of the same step, so that the gateway is asked under the key that it was asked under last.
        if saga.step != step { saga.keyGeneration = 0 }
        saga.step = step
        saga.state = .running
        saga.attempts = 0
        saga.fence = Saga.newFence()
        saga.runAt = now
        saga.deadlineAt =
            switch step {
            case .reserve, .authorize: now.adding(seconds: deadlineMinutes * 60)
            case .capture, .void, .refund: now.adding(seconds: SagaMachine.settlementHours * 3600)
            }
    }

    func firstLeaseSeconds(at step: Saga.Step) -> Int { runner?.firstLeaseSeconds(at: step) ?? 0 }
}

extension Saga: JSONEncodable {
    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("order_id", orderID)
            writer.member("step", step.rawValue)
            writer.member("state", state.rawValue)
            writer.member("run_at", runAt?.rfc3339)
            writer.member("attempts", attempts)
            writer.member("deadline_at", deadlineAt.rfc3339)
            writer.member("last_error", lastError)
        }
    }
}
