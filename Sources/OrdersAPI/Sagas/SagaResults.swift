import Concurrency
import CustomerLookup
import FaultPoints
import MySQL
import Telemetry

/// Writes what came of sagas' steps: the order's new state with its events, its stock, and what is left to do, in one transaction, and
/// only where the saga and its step are still those of whoever did it.
struct SagaResults: Sendable {
    let database: Database
    let orders: OrderStore
    let products: ProductStore
    let events: OrderEventStore
    let sagas: SagaStore
    let metrics: SagaMetrics
    let logger: Logger
    /// Called with the orders of which something has committed.
    let didCommit: @Sendable (_ orderIDs: [Int64]) -> Void

    /// 10 s for what is read and what is written; with a payment's answer before it that ends within a lease, or little later.
    static let storeMilliseconds = 10_000
    /// 200 ms between attempts to write what came of a payment: what is not written is asked for again.
    private static let storePauseMilliseconds = 200

    /// What a saga's transaction found when it held its rows.
    struct Held {
        let order: Order
        let saga: Saga
        let now: Timestamp
    }

    /// Writes a step's result.
    ///
    /// - Returns: what goes on at once; nil where nothing does, or the saga was somebody else's by then.
    func write(_ result: StepResult, of leased: LeasedSaga) throws(OrderError) -> LeasedSaga? {
        let lease = SagaResults.newLease()
        let move = try written { (transaction) throws(OrderError) -> (SagaMove, Held)? in
            guard let held = try lock(leased, in: transaction) else { return nil }
            let move = SagaMachine.move(
                held.saga.step, result, attempts: held.saga.attempts, isLate: held.now >= held.saga.deadlineAt,
                order: held.order)
            try write(move, because: result, to: held, in: transaction)
            faultPoint("saga.result.before-commit")
            return (move, held)
        }
        faultPoint("saga.result.after-commit")
        guard let (move, held) = move else {
            noteLost(leased)
            return nil
        }
        return note(move, because: result, held, lease)
    }

    /// Stores a payment's id with its order, before it is confirmed.
    ///
    /// - Returns: whether the saga was still that of who made the payment.
    func storePayment(id: String, of leased: LeasedSaga) throws(OrderError) -> Bool {
        let isStored = try written { (transaction) throws(OrderError) in
            guard try lock(leased, in: transaction) != nil else { return false }
            try orders.updatePayment(orderID: leased.saga.orderID, paymentID: id, in: transaction)
            faultPoint("saga.result.before-commit")
            return true
        }
        faultPoint("saga.result.after-commit")
        if !isStored { noteLost(leased) }
        return isStored
    }

    /// Locks an order and its saga.
    ///
    /// - Returns: nil where the saga, or its step, is not that of whoever has leased it any more.
    func lock(
        _ leased: LeasedSaga, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) -> Held? {
        guard let (order, _) = try orders.lock(id: leased.saga.orderID, in: transaction),
            let (saga, now) = try lockSaga(leased, in: transaction)
        else { return nil }
        return Held(order: order, saga: saga, now: now)
    }

    /// Locks the saga of an order whose row the transaction holds.
    ///
    /// - Returns: nil where it, or its step, is not that of whoever has leased it any more.
    func lockSaga(
        _ leased: LeasedSaga, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) -> (saga: Saga, now: Timestamp)? {
        let id = leased.saga.orderID
        let found = try sagas.lock(orderIDs: [id], in: transaction)
        guard let saga = found.sagas[id], let now = found.now, SagaResults.isHeld(saga, by: leased) else {
            return nil
        }
        return (saga, now)
    }

    static func isHeld(_ saga: Saga, by leased: LeasedSaga) -> Bool {
        saga.fence == leased.saga.fence && saga.step == leased.saga.step && saga.state == .running
    }

    /// A lease that begins now.
    static func newLease() -> Deadline { .after(milliseconds: SagaStore.leaseSeconds * 1000) }

    /// Writes what a move says of an order and its saga, whose rows the transaction holds.
    func write(
        _ move: SagaMove, because result: StepResult, to held: Held,
        in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        try writeOrder(move, held, in: transaction)
        try write(move.next, because: result, to: held.saga, now: held.now, in: transaction)
    }

    /// Writes what a saga does next; the transaction holds its row, and its order's.
    func write(
        _ next: SagaMove.Next, because result: StepResult, to held: Saga, now: Timestamp,
        in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        var saga = held
        let id = saga.orderID
        switch next {
        case .step(let step):
            try sagas.advance(
                id, to: step, deadlineAt: SagaResults.deadline(of: step, saga, now: now), in: transaction)
        case .again(let delayMilliseconds, let withNextKey):
            saga.attempts += 1
            if withNextKey { saga.keyGeneration += 1 }
            saga.lastError = result.failure.map(SagaResults.shown)
            try sagas.postpone(saga, delayMilliseconds: delayMilliseconds, in: transaction)
        case .dead:
            saga.attempts += 1
            saga.lastError = SagaResults.shown(result.failure ?? "The gateway will not do it.")
            try sagas.bury(saga, in: transaction)
            try orders.updateAttention(orderID: id, isNeeded: true, in: transaction)
        case .finished:
            try sagas.remove(orderID: id, in: transaction)
        }
    }

    private func writeOrder(
        _ move: SagaMove, _ held: Held, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        guard !move.statuses.isEmpty else { return }
        var order = held.order
        var told: [OrderEvent] = []
        for status in move.statuses {
            let former = order.status
            order =
                switch move.rejectReason {
                case .some(let reason): order.rejected(because: reason)
                case nil: order.advanced(to: status, at: held.now)
                }
            told.append(OrderEvent(order, after: former, held.saga.trace, at: held.now))
        }
        try orders.updateStatus(order, in: transaction)
        try events.append(told, in: transaction)
        if move.returnsStock { try products.returnStock(of: order.items, in: transaction) }
    }

    /// When a step that begins now must have its outcome.
    static func deadline(of step: Saga.Step, _ saga: Saga, now: Timestamp) -> Timestamp {
        switch step {
        case .reserve, .authorize: saga.deadlineAt
        case .capture, .void, .refund: now.adding(seconds: SagaMachine.settlementHours * 3600)
        }
    }

    /// Tells of a move that has committed.
    func note(_ move: SagaMove, because result: StepResult, _ held: Held, _ lease: Deadline) -> LeasedSaga? {
        for status in move.statuses { metrics.orders.noteTransition(.async, to: status) }
        if move.rejectReason == .insufficientStock { metrics.orders.noteStockRefusal() }
        if !move.statuses.isEmpty { didCommit([held.order.id]) }
        if let end = move.statuses.last, end == .confirmed || end == .rejected {
            metrics.noteEnd(end, seconds: held.now.seconds(since: held.order.createdAt))
        }
        let fields: KeyValuePairs<String, Logger.Value> = [
            "order_id": held.order.id, "step": held.saga.step.rawValue, "cause": result.failure ?? "",
        ]
        switch move.next {
        case .step(let step):
            var saga = held.saga
            saga.step = step
            saga.attempts = 0
            saga.keyGeneration = 0
            return LeasedSaga(saga: saga, leasedUntil: lease)
        case .again: logger.debug("saga tried again later", fields)
        case .dead: logger.error("saga dead", fields)
        case .finished: break
        }
        return nil
    }

    func noteLost(_ leased: LeasedSaga) {
        metrics.noteLost()
        logger.info(
            "saga taken over by somebody else",
            ["order_id": leased.saga.orderID, "step": leased.saga.step.rawValue])
    }

    /// Runs a transaction, again where the database is away or busy for a moment.
    func written<Value>(
        _ body: (borrowing Transaction<OrderError>) throws(OrderError) -> Value
    ) throws(OrderError) -> Value {
        let deadline = Deadline.after(milliseconds: SagaResults.storeMilliseconds)
        while true {
            do throws(OrderError) {
                return try database.transaction(by: deadline, ifCommitIsLost: .runAgain, body)
            } catch {
                switch error.databaseError {
                case .unavailable, .poolExhausted, .conflict, .lockWaitTimeout, .outcomeUnknown:
                    guard !deadline.hasPassed else { throw error }
                    Thread.sleep(milliseconds: SagaResults.storePauseMilliseconds)
                case .duplicateKey, .outOfRange, .dataTooLong, .untrustedServer, .deadlineExceeded, .decoding,
                    .statement, nil:
                    throw error
                }
            }
        }
    }

    private static func shown(_ reason: String) -> String {
        String(String.UnicodeScalarView(reason.unicodeScalars.prefix(Saga.lastErrorLengthMax)))
    }
}

extension Timestamp {
    /// How long after `other` it is; 0 where it is before.
    fileprivate func seconds(since other: Timestamp) -> Double {
        Double(max(microsecondsSince1970 - other.microsecondsSince1970, 0)) / 1_000_000
    }
}
