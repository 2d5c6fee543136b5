import MySQL

/// All SQL that removes what is kept for long enough.
struct RetentionStore {
    /// Removes the oldest finished deliveries of a state, with their attempts.
    ///
    /// - Returns: whether there may be more.
    func removeDeliveries(
        _ state: Delivery.State, olderThanDays days: Int, limit: Int,
        in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> (count: Int, hasMore: Bool) {
        let ids = try oldIDs(state, days, limit, in: transaction)
        guard !ids.isEmpty else { return (0, false) }
        try transaction.execute("DELETE FROM attempts WHERE delivery_id IN \(list: ids)")
        let count = try transaction.execute(
            "DELETE FROM deliveries WHERE id IN \(list: ids) AND state = \(state.rawValue)"
        ).affectedRows
        return (count, ids.count == limit)
    }

    /// Gives up the oldest deliveries that have waited for so long, such as those of an endpoint that nobody enabled again.
    ///
    /// - Returns: whether there may be more.
    func expireDeliveries(
        olderThanDays days: Int, limit: Int, _ lanes: LaneStore, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> (count: Int, hasMore: Bool) {
        let ids = try oldIDs(.pending, days, limit, in: transaction)
        guard !ids.isEmpty else { return (0, false) }
        try lanes.open(ofDeliveries: ids, in: transaction)
        let count = try transaction.execute(
            """
            UPDATE deliveries SET state = \(Delivery.State.dead.rawValue),
                last_outcome = \(AttemptOutcome.expired.rawValue), finished_at = UTC_TIMESTAMP(6)
            WHERE id IN \(list: ids) AND state = \(Delivery.State.pending.rawValue)
            """
        ).affectedRows
        // Those of an endpoint that nobody enables again would stay for ever.
        try lanes.closeEmpty(ofDeliveries: ids, in: transaction)
        return (count, ids.count == limit)
    }

    /// Removes events above `seq` that are old, and of which there is no delivery any more.
    ///
    /// - Returns: the last one looked at; nil when there is none left that is old.
    func removeEvents(
        above seq: Int64, olderThanDays days: Int, limit: Int, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> (last: Int64?, count: Int) {
        let events = try transaction.query(
            """
            SELECT event.seq, EXISTS (SELECT 1 FROM deliveries FORCE INDEX (ix_deliveries_order)
                WHERE deliveries.order_id = event.order_id AND deliveries.seq = event.seq) AS is_needed
            FROM inbox AS event WHERE event.seq > \(seq)
                AND event.created_at < UTC_TIMESTAMP(6) - INTERVAL \(days) DAY
            ORDER BY event.seq LIMIT \(limit)
            """
        ) { (row) throws(DatabaseError) in (seq: try row.int64("seq"), isNeeded: try row.bool("is_needed")) }
        let removed = events.filter { !$0.isNeeded }.map(\.seq)
        if !removed.isEmpty { try transaction.execute("DELETE FROM inbox WHERE seq IN \(list: removed)") }
        return (events.count == limit ? events.last?.seq : nil, removed.count)
    }

    /// Ids follow the times of creation, so that the first that is too young ends the search.
    private func oldIDs(
        _ state: Delivery.State, _ days: Int, _ limit: Int, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> [Int64] {
        let rows = try transaction.query(
            """
            SELECT id, created_at < UTC_TIMESTAMP(6) - INTERVAL \(days) DAY AS is_old
            FROM deliveries FORCE INDEX (ix_deliveries_state) WHERE state = \(state.rawValue) ORDER BY id LIMIT \(limit)
            """
        ) { (row) throws(DatabaseError) in (id: try row.int64("id"), isOld: try row.bool("is_old")) }
        return rows.prefix { $0.isOld }.map(\.id)
    }
}
