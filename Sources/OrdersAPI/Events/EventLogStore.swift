import MySQL

/// An event as the log has it.
struct LoggedEvent: Sendable {
    let seq: Int64
    /// The number of the event before it, where that is not one less: the first after a rebase.
    let previousSeq: Int64?
    let id: EventID
    let kind: String
    /// The CloudEvent, as it was written with the change.
    let body: [UInt8]

    var position: EventPosition { EventPosition(seq: seq, id: id) }
}

/// All SQL that reads the event log, in which every committed event has its number, without gaps.
struct EventLogStore {
    /// Up to `limit` events behind `seq`, in the order of their numbers.
    func events<Query: SQLQuerying & ~Copyable>(
        after seq: Int64, _ filter: EventFilter = EventFilter(), limit: Int, in session: borrowing Query
    ) throws(Query.Failure) -> [LoggedEvent] {
        var sql: SQL = "SELECT event_log.seq, previous_seq, event_id, event_log.type, body FROM event_log"
        // An order has a handful of events, a type a third of all; the optimizer's guess would differ from day to day.
        switch (filter.orderID, filter.kind) {
        case (_?, _): sql.append(" FORCE INDEX (uq_event_log_order)")
        case (nil, _?): sql.append(" FORCE INDEX (ix_event_log_type)")
        case (nil, nil): sql.append(" FORCE INDEX (PRIMARY)")
        }
        sql.append(
            """
             JOIN order_events ON order_events.order_id = event_log.order_id
                AND order_events.version = event_log.version
            LEFT JOIN event_rebases ON event_rebases.seq = event_log.seq
            WHERE event_log.seq > \(seq)
            """)
        if let orderID = filter.orderID { sql.append(" AND event_log.order_id = \(orderID)") }
        if let kind = filter.kind { sql.append(" AND event_log.type = \(kind.rawValue)") }
        sql.append(" ORDER BY event_log.seq LIMIT \(limit)")
        return try session.query(sql) { (row) throws(DatabaseError) in
            LoggedEvent(
                seq: try row.int64("seq"), previousSeq: try row.optionalInt64("previous_seq"),
                id: try EventID(row.bytes("event_id")), kind: try row.string("type"),
                body: try row.bytes("body"))
        }
    }

    /// The orders of up to `limit` events behind `seq`, and the last one's number.
    func orderIDs<Query: SQLQuerying & ~Copyable>(
        after seq: Int64, limit: Int, in session: borrowing Query
    ) throws(Query.Failure) -> (seq: Int64, orderIDs: [Int64]) {
        let rows = try session.query(
            """
            SELECT seq, order_id FROM event_log FORCE INDEX (PRIMARY) WHERE seq > \(seq) ORDER BY seq LIMIT \(limit)
            """
        ) { (row) throws(DatabaseError) in (seq: try row.int64("seq"), orderID: try row.int64("order_id")) }
        return (rows.last?.seq ?? seq, rows.map(\.orderID))
    }

    /// Whether the log has the event that the position names.
    func knows<Query: SQLQuerying & ~Copyable>(
        _ position: EventPosition, in session: borrowing Query
    ) throws(Query.Failure) -> Bool {
        guard let id = position.id else { return true }
        let found = try session.queryFirst(
            """
            SELECT event_id FROM event_log JOIN order_events USING (order_id, version) WHERE seq = \(position.seq)
            """
        ) { (row) throws(DatabaseError) in try EventID(row.bytes("event_id")) }
        return found == id
    }

    /// The number of the last event.
    func lastSeq<Query: SQLQuerying & ~Copyable>(in session: borrowing Query) throws(Query.Failure) -> Int64 {
        try session.queryFirst("SELECT seq FROM event_sequence WHERE id = 1") { (row) throws(DatabaseError) in
            try row.int64("seq")
        } ?? 0
    }
}
