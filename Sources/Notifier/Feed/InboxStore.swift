import MySQL
import Telemetry

/// All SQL on the inbox: one copy of each event, for all endpoints.
struct InboxStore {
    /// 64 rows a statement: 4 MiB where each is as large as may be, a quarter of what the server takes.
    private static let rowsMax = 64

    /// Keeps events.
    func insert<Failure: DatabaseFailure>(
        _ events: [FeedEvent], at now: Timestamp, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        for part in events.partsOfPowersOfTwo(countMax: InboxStore.rowsMax) {
            try insertRows(part, at: now, in: transaction)
        }
    }

    private func insertRows<Failure: DatabaseFailure>(
        _ events: ArraySlice<FeedEvent>, at now: Timestamp, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        var sql: SQL =
            "INSERT INTO inbox (seq, order_id, event_id, event_type, body, refusal, created_at) VALUES"
        for event in events {
            if event.seq != events.first?.seq { sql.append(",") }
            switch event.content {
            case .success(let content):
                sql.append(
                    """
                     (\(event.seq), \(content.orderID), \(content.id), \(content.type), \(content.body), \
                    \(String?.none), \(now.databaseText))
                    """)
            case .failure(let refusal):
                sql.append(
                    """
                     (\(event.seq), \(Delivery.noOrder), \(""), \(""), \([UInt8]()), \(refusal.reason), \
                    \(now.databaseText))
                    """)
            }
        }
        try transaction.execute(sql)
    }

    /// The position of the newest kept event up to `seq`, as the feed writes it; nil where none is kept.
    func position<Query: SQLQuerying & ~Copyable>(
        atOrBelow seq: Int64, in session: borrowing Query
    ) throws(Query.Failure) -> FeedCursor? {
        try session.queryFirst(
            """
            SELECT seq, event_id FROM inbox WHERE seq <= \(seq) AND refusal IS NULL ORDER BY seq DESC LIMIT 1
            """
        ) { (row) throws(DatabaseError) in
            let seq = try row.int64("seq")
            return FeedCursor(seq: seq, position: "\(seq)-\(try row.string("event_id"))")
        }
    }

    /// Removes the newest kept events above `seq`, with their deliveries and attempts, `limit` at a time.
    ///
    /// - Returns: how many events.
    func removeNewest(
        above seq: Int64, limit: Int, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> Int {
        let events = try transaction.query(
            "SELECT seq, order_id FROM inbox WHERE seq > \(seq) ORDER BY seq DESC LIMIT \(limit)"
        ) { (row) throws(DatabaseError) in (seq: try row.int64("seq"), orderID: try row.int64("order_id")) }
        guard !events.isEmpty else { return 0 }
        let ids = try transaction.query(
            """
            SELECT id FROM deliveries FORCE INDEX (ix_deliveries_order)
            WHERE order_id IN \(list: events.map(\.orderID)) AND seq IN \(list: events.map(\.seq))
            """
        ) { (row) throws(DatabaseError) in try row.int64("id") }
        if !ids.isEmpty {
            try transaction.execute("DELETE FROM attempts WHERE delivery_id IN \(list: ids)")
            try transaction.execute("DELETE FROM deliveries WHERE id IN \(list: ids)")
        }
        try transaction.execute("DELETE FROM inbox WHERE seq IN \(list: events.map(\.seq))")
        return events.count
    }
}
