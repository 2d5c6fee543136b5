import Concurrency
import DatabaseWebService
import MySQL
import Telemetry

/// All SQL on lanes.
///
/// Locks are taken in the order lanes, deliveries, endpoints. A fence of 0 is nobody's.
struct LaneStore {
    /// 30 s: more than twice what an attempt may last. So long a lane waits whose process has died.
    static let leaseSeconds = 30
    /// 5 s: how much later than its `run_at` a row may be committed and still be found by the next claim.
    private static let lateCommitSeconds = 5

    /// What is to be claimed of an endpoint.
    struct Wish {
        let endpointID: Int64
        /// 1 or more lanes.
        let limit: Int
        /// The end of an earlier claim: rows that were deleted long before it are then not walked over, which a snapshot that somebody
        /// keeps open leaves in the index. Nil for the beginning.
        let start: Timestamp?
    }

    /// What came of a wish.
    struct Claim {
        var lanes: [LeasedLane]
        /// Nothing that is due lies before it, but for what commits late.
        let end: Timestamp
    }

    /// Makes the lane's row, or locks the one that is there; it is due at once unless somebody holds it.
    func open<Failure: DatabaseFailure>(
        _ lane: Lane, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        try transaction.execute(
            """
            INSERT INTO lanes (endpoint_id, order_id, replay, run_at, fence)
            VALUES (\(lane.endpointID), \(lane.orderID), \(lane.replay), UTC_TIMESTAMP(6), 0)
            ON DUPLICATE KEY UPDATE run_at = IF(fence = 0, VALUES(run_at), run_at)
            """)
    }

    /// As `open`, for each lane of the deliveries `ids`.
    func open<Failure: DatabaseFailure>(
        ofDeliveries ids: [Int64], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        try transaction.execute(
            """
            INSERT INTO lanes (endpoint_id, order_id, replay, run_at, fence)
            SELECT DISTINCT endpoint_id, order_id, replay, UTC_TIMESTAMP(6), 0 FROM deliveries
            WHERE id IN \(list: ids) ORDER BY endpoint_id, order_id, replay
            ON DUPLICATE KEY UPDATE run_at = IF(lanes.fence = 0, VALUES(run_at), lanes.run_at)
            """)
    }

    /// Makes the lanes of the events `seqs` of the inbox for an endpoint, or locks those that are there, which stay due when they are.
    func open<Failure: DatabaseFailure>(
        endpointID: Int64, replay: Int64, _ selection: ReplaySelection, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        try transaction.execute(
            """
            INSERT INTO lanes (endpoint_id, order_id, replay, run_at, fence)
            SELECT DISTINCT \(endpointID), event.order_id, \(replay), UTC_TIMESTAMP(6), 0 FROM inbox AS event
            WHERE \(selection.condition(endpointID: endpointID)) ORDER BY event.order_id
            ON DUPLICATE KEY UPDATE fence = lanes.fence
            """)
    }

    /// Leases lanes that are due, for each wish those that have been due for longest.
    ///
    /// - Returns: a claim for each of the wishes.
    func claim(
        _ wishes: [Wish], in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> [Claim] {
        let now = try transaction.now()
        var found: [(lanes: [Lane], end: Timestamp)] = []
        for wish in wishes { found.append(try due(wish, by: now, in: transaction)) }
        let fence = Int64.random(in: 1 ... .max)
        let claimedAt = Deadline(uptimeNanoseconds: Deadline.nowUptimeNanoseconds())
        let leaseEnd = now.adding(seconds: LaneStore.leaseSeconds)
        let all = found.flatMap(\.lanes)
        if !all.isEmpty {
            try transaction.execute(
                """
                UPDATE lanes FORCE INDEX (PRIMARY) SET run_at = \(leaseEnd.databaseText), fence = \(fence)
                WHERE \(LaneStore.keys(all))
                """)
        }
        return found.map { found in
            Claim(
                lanes: found.lanes.map { LeasedLane(lane: $0, fence: fence, claimedAt: claimedAt) }, end: found.end)
        }
    }

    private func due(
        _ wish: Wish, by now: Timestamp, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> (lanes: [Lane], end: Timestamp) {
        let first = (wish.start ?? LaneStore.beginning).adding(seconds: -LaneStore.lateCommitSeconds)
        let due = try transaction.query(
            """
            SELECT order_id, replay, run_at FROM lanes FORCE INDEX (ix_lanes_run_at)
            WHERE endpoint_id = \(wish.endpointID) AND run_at BETWEEN \(first.databaseText) AND \(now.databaseText)
            ORDER BY run_at LIMIT \(wish.limit) FOR UPDATE SKIP LOCKED
            """
        ) { (row) throws(DatabaseError) in
            (
                lane: Lane(
                    endpointID: wish.endpointID, orderID: try row.int64("order_id"), replay: try row.int64("replay")),
                runAt: try row.timestamp("run_at")
            )
        }
        guard due.count == wish.limit, let last = due.last else { return (due.map(\.lane), now) }
        return (due.map(\.lane), last.runAt)
    }

    /// Gives lanes back that were claimed and not begun.
    func release(
        _ leased: [LeasedLane], in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) {
        for leased in leased {
            try transaction.execute(
                """
                UPDATE lanes SET run_at = UTC_TIMESTAMP(6), fence = 0
                WHERE \(LaneStore.key(leased.lane)) AND fence = \(leased.fence)
                """)
        }
    }

    /// Locks the lane.
    ///
    /// - Returns: whether it is still held by who has leased it.
    func lock(
        _ leased: LeasedLane, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> Bool {
        let fence = try transaction.queryFirst(
            "SELECT fence FROM lanes WHERE \(LaneStore.key(leased.lane)) FOR UPDATE"
        ) { (row) throws(DatabaseError) in try row.int64("fence") }
        return fence == leased.fence
    }

    /// Locks lanes, as far as nobody else has locked them.
    ///
    /// - Parameter lanes: some at least.
    /// - Returns: the fences of those that are locked.
    func lockFree<Failure: DatabaseFailure>(
        _ lanes: [Lane], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> [Lane: Int64] {
        let fences = try transaction.query(
            """
            SELECT endpoint_id, order_id, replay, fence FROM lanes FORCE INDEX (PRIMARY)
            WHERE \(LaneStore.keys(lanes)) FOR UPDATE SKIP LOCKED
            """
        ) { (row) throws(DatabaseError) in (try LaneStore.lane(row), try row.int64("fence")) }
        return Dictionary(uniqueKeysWithValues: fences)
    }

    /// Goes on with lanes that the transaction has locked: gives back at once those in which something is left to deliver, and removes the
    /// others.
    ///
    /// - Parameter lanes: some at least.
    func goOn<Failure: DatabaseFailure>(
        _ lanes: [Lane], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        let left = try transaction.query(
            """
            SELECT endpoint_id, order_id, replay, (SELECT pending.id
                FROM deliveries AS pending FORCE INDEX (uq_deliveries_lane)
                WHERE pending.endpoint_id = lanes.endpoint_id AND pending.order_id = lanes.order_id
                    AND pending.replay = lanes.replay AND pending.state = \(Delivery.State.pending.rawValue)
                LIMIT 1) IS NOT NULL AS has_next
            FROM lanes FORCE INDEX (PRIMARY) WHERE \(LaneStore.keys(lanes))
            """
        ) { (row) throws(DatabaseError) in (lane: try LaneStore.lane(row), hasNext: try row.bool("has_next")) }
        let (unfinished, finished) = (left.filter(\.hasNext).map(\.lane), left.filter { !$0.hasNext }.map(\.lane))
        if !unfinished.isEmpty {
            try transaction.execute(
                """
                UPDATE lanes FORCE INDEX (PRIMARY) SET fence = 0, run_at = UTC_TIMESTAMP(6)
                WHERE \(LaneStore.keys(unfinished))
                """)
        }
        if !finished.isEmpty {
            // Only the multi-table form takes a hint, without which the lock may fall on all rows.
            try transaction.execute(
                "DELETE lanes FROM lanes FORCE INDEX (PRIMARY) WHERE \(LaneStore.keys(finished))")
        }
    }

    /// Gives back a lane that the transaction has locked: it is due in `delayMilliseconds`.
    func postpone(
        _ lane: Lane, delayMilliseconds: Int, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) {
        try transaction.execute(
            """
            UPDATE lanes SET fence = 0, run_at = UTC_TIMESTAMP(6) + INTERVAL \(delayMilliseconds * 1000) MICROSECOND
            WHERE \(LaneStore.key(lane))
            """)
    }

    /// Removes a lane that the transaction has locked, in which nothing is left to deliver.
    func close(_ lane: Lane, in transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) {
        try transaction.execute("DELETE FROM lanes WHERE \(LaneStore.key(lane))")
    }

    /// Removes the lanes of the deliveries `ids`, which the transaction has opened, where nothing is left to deliver and nobody holds them.
    func closeEmpty<Failure: DatabaseFailure>(
        ofDeliveries ids: [Int64], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        try transaction.execute(
            """
            DELETE lanes FROM lanes JOIN deliveries AS finished
            ON finished.endpoint_id = lanes.endpoint_id AND finished.order_id = lanes.order_id
                AND finished.replay = lanes.replay
            WHERE finished.id IN \(list: ids) AND lanes.fence = 0 AND NOT EXISTS
                (SELECT 1 FROM deliveries AS pending
                WHERE pending.endpoint_id = lanes.endpoint_id AND pending.order_id = lanes.order_id
                    AND pending.replay = lanes.replay AND pending.state = \(Delivery.State.pending.rawValue))
            """)
    }

    /// How many lanes are due, counted up to `max`.
    func dueCount<Query: SQLQuerying & ~Copyable>(
        max: Int, in session: borrowing Query
    ) throws(Query.Failure) -> Int {
        try session.queryFirst(
            """
            SELECT COUNT(*) AS count FROM
                (SELECT 1 FROM lanes WHERE run_at <= UTC_TIMESTAMP(6) LIMIT \(max)) AS due
            """
        ) { (row) throws(DatabaseError) in try row.int("count") } ?? 0
    }

    static func key(_ lane: Lane) -> SQL {
        "endpoint_id = \(lane.endpointID) AND order_id = \(lane.orderID) AND replay = \(lane.replay)"
    }

    /// The last is repeated up to the next power of two, so that few statements serve all numbers of lanes.
    static func keys(_ lanes: [Lane]) -> SQL {
        var sql: SQL = "("
        for (index, lane) in lanes.paddedToPowerOfTwo.enumerated() {
            if index > 0 { sql.append(" OR ") }
            sql.append(
                """
                (lanes.endpoint_id = \(lane.endpointID) AND lanes.order_id = \(lane.orderID)
                    AND lanes.replay = \(lane.replay))
                """)
        }
        sql.append(")")
        return sql
    }

    static func lane(_ row: Row) throws(DatabaseError) -> Lane {
        Lane(
            endpointID: try row.int64("endpoint_id"), orderID: try row.int64("order_id"),
            replay: try row.int64("replay"))
    }

    private static let beginning = Timestamp(microsecondsSince1970: 1_000_000_000_000_000)
}
