import MySQL

/// All SQL on lanes.
///
/// Locks are taken in the order lanes, deliveries, endpoints. A fence of 0 is nobody's.
struct LaneStore {
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
}
