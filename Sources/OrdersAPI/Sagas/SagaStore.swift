import Concurrency
import DatabaseWebService
import MySQL
import Telemetry

/// All SQL on sagas.
///
/// Whoever writes a result holds the order's row first, then the saga's. A claim holds sagas' rows only, and waits for nobody.
struct SagaStore {
    /// 30 s: what a payment's answer may take, and then some. So long a saga waits whose process has died.
    static let leaseSeconds = 30
    /// 5 s, in which the process that accepted an order begins with it; then anybody does.
    static let firstLeaseSeconds = 5
    /// 5 s: how much later than its `run_at` a row may be committed and still be found by the next claim.
    static let lateCommitSeconds = 5

    private static let columns: StaticString =
        """
        order_id, step, state, run_at, fence, attempts, key_generation, deadline_at, traceparent, last_error
        """

    /// Makes the saga of an order that the transaction has just made or holds.
    ///
    /// - Parameter leaseSeconds: for how long it is the caller's own; 0 for anybody's at once.
    func insert(
        _ saga: Saga, leaseSeconds: Int, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        try transaction.execute(
            """
            INSERT INTO order_sagas (order_id, step, state, run_at, fence, attempts, key_generation, deadline_at, traceparent)
            VALUES (\(saga.orderID), \(saga.step.rawValue), \(Saga.State.running.rawValue),
                UTC_TIMESTAMP(6) + INTERVAL \(leaseSeconds) SECOND, \(saga.fence), 0, 0, \(saga.deadlineAt.databaseText),
                \(saga.traceparent))
            """)
    }

    /// Leases sagas that are due, those that have been due for longest.
    ///
    /// - Parameter asksGateway: which of them, as `Saga.Step.asksGateway` has it.
    /// - Parameter start: the end of an earlier claim: rows that were deleted long before it are then not walked over, which a
    ///   snapshot that somebody keeps open leaves in the index. Nil for the beginning.
    /// - Returns: the sagas, and behind which time the next claim may begin.
    func claim(
        asksGateway: Bool, limit: Int, after start: Timestamp?, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) -> (sagas: [Saga], end: Timestamp) {
        let now = try transaction.now()
        let first = (start ?? SagaStore.beginning).adding(seconds: -SagaStore.lateCommitSeconds)
        var due = try transaction.query(
            """
            SELECT \(literal: SagaStore.columns) FROM order_sagas FORCE INDEX (ix_order_sagas_asks_gateway)
            WHERE asks_gateway = \(asksGateway) AND run_at BETWEEN \(first.databaseText) AND \(now.databaseText)
            ORDER BY run_at LIMIT \(limit) FOR UPDATE SKIP LOCKED
            """, Saga.init)
        let end = due.count == limit ? due.last?.runAt ?? now : now
        guard !due.isEmpty else { return ([], end) }
        let fence = Saga.newFence()
        let leaseEnd = now.adding(seconds: SagaStore.leaseSeconds)
        try transaction.execute(
            """
            UPDATE order_sagas FORCE INDEX (PRIMARY) SET run_at = \(leaseEnd.databaseText), fence = \(fence)
            WHERE order_id IN \(list: due.map(\.orderID))
            """)
        for index in due.indices {
            due[index].fence = fence
            due[index].runAt = leaseEnd
        }
        return (due, end)
    }

    /// Gives sagas back that were claimed and not begun.
    func release(
        _ sagas: [Saga], in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        // What was claimed together has one fence.
        for (fence, claimed) in Dictionary(grouping: sagas, by: \.fence) {
            try transaction.execute(
                """
                UPDATE order_sagas FORCE INDEX (PRIMARY) SET run_at = UTC_TIMESTAMP(6), fence = \(Saga.newFence())
                WHERE order_id IN \(list: claimed.map(\.orderID)) AND fence = \(fence)
                """)
        }
    }

    /// The sagas of orders whose rows the transaction holds, with theirs held until the transaction ends.
    func lock<Failure: DatabaseFailure>(
        orderIDs: [Int64], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> (sagas: [Int64: Saga], now: Timestamp?) {
        let rows = try transaction.query(
            """
            SELECT \(literal: SagaStore.columns), \(SQL.now) FROM order_sagas FORCE INDEX (PRIMARY)
            WHERE order_id IN \(list: orderIDs) ORDER BY order_id FOR UPDATE
            """
        ) { (row) throws(DatabaseError) in (saga: try Saga(row), now: try row.timestamp("now")) }
        return (Dictionary(uniqueKeysWithValues: rows.map { ($0.saga.orderID, $0.saga) }), rows.first?.now)
    }

    /// The saga of an order whose row the transaction holds; nil where nothing is left to do.
    func lock(
        orderID: Int64, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) -> Saga? { try lock(orderIDs: [orderID], in: transaction).sagas[orderID] }

    /// Has sagas whose rows the transaction holds go on with AUTHORIZE.
    ///
    /// - Parameter leaseSeconds: for how long they are their holder's, who begins at once; 0 for anybody's.
    func advanceReserved<Failure: DatabaseFailure>(
        orderIDs: [Int64], leaseSeconds: Int, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        try transaction.execute(
            """
            UPDATE order_sagas FORCE INDEX (PRIMARY) SET step = \(Saga.Step.authorize.rawValue), attempts = 0, last_error = NULL,
                run_at = UTC_TIMESTAMP(6) + INTERVAL \(leaseSeconds) SECOND
            WHERE order_id IN \(list: orderIDs)
            """)
    }

    /// Has a saga whose row the transaction holds go on with another step, which its holder begins at once.
    func advance(
        _ orderID: Int64, to step: Saga.Step, deadlineAt: Timestamp, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        try transaction.execute(
            """
            UPDATE order_sagas SET step = \(step.rawValue), attempts = 0, key_generation = 0, last_error = NULL,
                run_at = UTC_TIMESTAMP(6) + INTERVAL \(SagaStore.leaseSeconds) SECOND,
                deadline_at = \(deadlineAt.databaseText)
            WHERE order_id = \(orderID)
            """)
    }

    /// As `advance`, for somebody else than who had it: what they still do comes to nothing.
    func takeOver(
        _ saga: Saga, leaseSeconds: Int, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        try transaction.execute(
            """
            UPDATE order_sagas SET step = \(saga.step.rawValue), state = \(Saga.State.running.rawValue), attempts = 0,
                key_generation = \(saga.keyGeneration), fence = \(saga.fence), deadline_at = \(saga.deadlineAt.databaseText),
                run_at = UTC_TIMESTAMP(6) + INTERVAL \(leaseSeconds) SECOND
            WHERE order_id = \(saga.orderID)
            """)
    }

    /// Has a saga, whose row the transaction holds, try its step again later.
    func postpone(
        _ saga: Saga, delayMilliseconds: Int, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        try transaction.execute(
            """
            UPDATE order_sagas SET attempts = \(saga.attempts), key_generation = \(saga.keyGeneration),
                last_error = \(saga.lastError), fence = \(Saga.newFence()),
                run_at = UTC_TIMESTAMP(6) + INTERVAL \(delayMilliseconds * 1000) MICROSECOND
            WHERE order_id = \(saga.orderID)
            """)
    }

    /// Leaves a saga, whose row the transaction holds, to an operator: nobody claims it.
    func bury(_ saga: Saga, in transaction: borrowing Transaction<OrderError>) throws(OrderError) {
        try transaction.execute(
            """
            UPDATE order_sagas SET state = \(Saga.State.dead.rawValue), run_at = NULL, attempts = \(saga.attempts),
                last_error = \(saga.lastError), fence = \(Saga.newFence())
            WHERE order_id = \(saga.orderID)
            """)
    }

    func remove(orderID: Int64, in transaction: borrowing Transaction<OrderError>) throws(OrderError) {
        try transaction.execute("DELETE FROM order_sagas WHERE order_id = \(orderID)")
    }

    func find(
        orderID: Int64, in session: borrowing ReadSession<OrderError>
    ) throws(OrderError) -> Saga? {
        try session.query(
            "SELECT \(literal: SagaStore.columns) FROM order_sagas WHERE order_id = \(orderID)", Saga.init
        ).first
    }

    /// Up to `limit` sagas of orders with an id below `beforeID`, by descending id.
    func list(
        _ filter: SagaFilter, beforeID: Int64?, limit: Int, in session: borrowing ReadSession<OrderError>
    ) throws(OrderError) -> [Saga] {
        var sql: SQL = "SELECT \(literal: SagaStore.columns) FROM order_sagas"
        if let state = filter.state {
            sql.append(" FORCE INDEX (ix_order_sagas_state) WHERE state = \(state.rawValue) AND")
        } else {
            sql.append(" FORCE INDEX (PRIMARY) WHERE")
        }
        sql.append(" order_id < \(beforeID ?? Int64.max) ORDER BY order_id DESC LIMIT \(limit)")
        return try session.query(sql, Saga.init)
    }

    /// How many sagas there are of each step and state, of up to `max` that are looked at.
    func counts(
        max: Int, in session: borrowing ReadSession<OrderError>
    ) throws(OrderError) -> [(step: String, state: String, count: Int)] {
        try session.query(
            """
            SELECT step, state, COUNT(*) AS count FROM (SELECT step, state FROM order_sagas LIMIT \(max)) AS some
            GROUP BY step, state
            """
        ) { (row) throws(DatabaseError) in
            (try row.string("step"), try row.string("state"), try row.int("count"))
        }
    }

    private static let beginning = Timestamp(microsecondsSince1970: 1_000_000_000_000_000)
}

/// Which sagas a list shows.
struct SagaFilter: Sendable {
    var state: Saga.State?

    /// The text that a cursor is bound to.
    var description: String { "sagas|\(state?.rawValue ?? "")" }
}

extension Saga {
    fileprivate init(_ row: Row) throws(DatabaseError) {
        guard let step = Step(rawValue: try row.string("step")), let state = State(rawValue: try row.string("state"))
        else { throw .decoding("a row of order_sagas holds a value that the service never writes") }
        self.init(
            orderID: try row.int64("order_id"), step: step, state: state, runAt: try row.optionalTimestamp("run_at"),
            fence: try row.int64("fence"), attempts: try row.int("attempts"),
            keyGeneration: try row.int("key_generation"), deadlineAt: try row.timestamp("deadline_at"),
            traceparent: try row.optionalString("traceparent"), lastError: try row.optionalString("last_error"))
    }
}
