import MySQL
import Telemetry

/// Which events of the inbox one call of a replay queues.
struct ReplaySelection {
    let seqs: ClosedRange<Int64>
    /// Each list must have the event's type.
    let types: [[EventType]]
    let onlyFailed: Bool

    /// The condition on a row of the inbox, called `event`.
    ///
    /// - Parameter endpointID: whose failed deliveries count.
    func condition(endpointID: Int64) -> SQL {
        var sql: SQL =
            "event.seq BETWEEN \(seqs.lowerBound) AND \(seqs.upperBound) AND event.refusal IS NULL"
        for list in types { sql.append(" AND event.event_type IN \(list: list.map(\.rawValue))") }
        if onlyFailed {
            sql.append(
                """
                 AND EXISTS (SELECT 1 FROM deliveries AS failed
                WHERE failed.endpoint_id = \(endpointID) AND failed.order_id = event.order_id
                    AND failed.seq = event.seq
                    AND failed.state IN (\(Delivery.State.dead.rawValue), \(Delivery.State.discarded.rawValue)))
                """)
        }
        return sql
    }
}

/// All SQL on replays.
struct ReplayStore {
    /// - Returns: the new replay's number.
    func begin<Failure: DatabaseFailure>(
        endpointID: Int64, at now: Timestamp, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Int64 {
        try transaction.execute(
            "INSERT INTO replays (endpoint_id, created_at) VALUES (\(endpointID), \(now.databaseText))"
        ).lastInsertID
    }

    func exists<Query: SQLQuerying & ~Copyable>(
        _ replay: Int64, endpointID: Int64, in session: borrowing Query
    ) throws(Query.Failure) -> Bool {
        try !session.query("SELECT id FROM replays WHERE id = \(replay) AND endpoint_id = \(endpointID)").isEmpty
    }

    /// The last of the first `limit` events from `from` on, and whether there is none after it; nil where there is no event at all.
    func lastOfPage<Query: SQLQuerying & ~Copyable>(
        from: Int64, to: Int64?, limit: Int, in session: borrowing Query
    ) throws(Query.Failure) -> (seq: Int64, isLast: Bool)? {
        let seqs = try session.query(
            """
            SELECT seq FROM inbox WHERE seq BETWEEN \(from) AND \(to ?? Int64.max) ORDER BY seq LIMIT \(limit + 1)
            """
        ) { (row) throws(DatabaseError) in try row.int64("seq") }
        guard let last = seqs.prefix(limit).last else { return nil }
        return (last, seqs.count <= limit)
    }

    /// Removes replays that began more than `days` ago.
    ///
    /// - Returns: how many.
    func remove(
        olderThanDays days: Int, limit: Int, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> Int {
        try transaction.execute(
            """
            DELETE FROM replays WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL \(days) DAY
            ORDER BY created_at LIMIT \(limit)
            """
        ).affectedRows
    }
}
