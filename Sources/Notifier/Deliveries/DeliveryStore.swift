import DatabaseWebService
import MySQL
import Telemetry

/// All SQL that makes and finishes deliveries. What an attempt writes stands in `AttemptStore`.
struct DeliveryStore {
    static let columns: StaticString =
        """
        id, endpoint_id, order_id, seq, replay, event_id, event_type, state, attempt_count, last_outcome, created_at, \
        finished_at
        """

    /// Makes the delivery of a test event, whose lane the transaction has opened.
    func insert<Failure: DatabaseFailure>(
        _ event: TestEvent, in lane: Lane, at now: Timestamp, _ transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Delivery {
        let id = try transaction.execute(
            """
            INSERT INTO deliveries
                (endpoint_id, order_id, seq, replay, event_id, event_type, body, state, created_at)
            VALUES (\(lane.endpointID), \(lane.orderID), \(Delivery.noSeq), \(lane.replay), \(event.id),
                \(TestEvent.type), \(event.body), \(Delivery.State.pending.rawValue), \(now.databaseText))
            """
        ).lastInsertID
        return Delivery(
            id: id, lane: lane, seq: Delivery.noSeq, eventID: event.id, eventType: TestEvent.type, state: .pending,
            attemptCount: 0, lastOutcome: nil, createdAt: now, finishedAt: nil)
    }

    /// Makes the deliveries of events of the inbox to an endpoint, whose lanes the transaction has opened. Those that the replay has
    /// already stay as they are.
    ///
    /// - Returns: how many were made.
    func insert<Failure: DatabaseFailure>(
        endpointID: Int64, replay: Int64, _ selection: ReplaySelection, at now: Timestamp,
        in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Int {
        try transaction.execute(
            """
            INSERT INTO deliveries (endpoint_id, order_id, seq, replay, event_id, event_type, state, created_at)
            SELECT \(endpointID), event.order_id, event.seq, \(replay), event.event_id, event.event_type,
                \(Delivery.State.pending.rawValue), \(now.databaseText)
            FROM inbox AS event WHERE \(selection.condition(endpointID: endpointID)) ORDER BY event.seq
            ON DUPLICATE KEY UPDATE state = deliveries.state
            """
        ).affectedRows
    }

    func find<Query: SQLQuerying & ~Copyable>(
        id: Int64, in session: borrowing Query
    ) throws(Query.Failure) -> Delivery? {
        try session.queryFirst(
            "SELECT \(literal: DeliveryStore.columns) FROM deliveries WHERE id = \(id)", Delivery.init)
    }

    /// What is sent; nil where it is not kept any more.
    func body<Query: SQLQuerying & ~Copyable>(
        of delivery: Delivery, in session: borrowing Query
    ) throws(Query.Failure) -> [UInt8]? {
        let found = try session.queryFirst(
            """
            SELECT COALESCE(deliveries.body, inbox.body) AS body
            FROM deliveries LEFT JOIN inbox ON inbox.seq = deliveries.seq WHERE deliveries.id = \(delivery.id)
            """
        ) { (row) throws(DatabaseError) in try row.optionalBytes("body") }
        return found ?? nil
    }

    /// Has a delivery be made anew, whose lane the transaction has opened.
    ///
    /// - Returns: whether it was finished.
    func restart<Failure: DatabaseFailure>(
        ids: [Int64], from states: [Delivery.State], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Int {
        try transaction.execute(
            """
            UPDATE deliveries SET state = \(Delivery.State.pending.rawValue), try_count = 0, finished_at = NULL
            WHERE id IN \(list: ids) AND state IN \(list: states.map(\.rawValue))
            """
        ).affectedRows
    }

    /// Gives deliveries up, whose lanes the transaction has opened.
    ///
    /// - Returns: how many of them were in `state`.
    func discard<Failure: DatabaseFailure>(
        ids: [Int64], from state: Delivery.State, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Int {
        try transaction.execute(
            """
            UPDATE deliveries SET state = \(Delivery.State.discarded.rawValue), finished_at = UTC_TIMESTAMP(6)
            WHERE id IN \(list: ids) AND state = \(state.rawValue)
            """
        ).affectedRows
    }

    /// The ids of up to `limit` deliveries, the oldest first.
    func ids<Query: SQLQuerying & ~Copyable>(
        _ selection: DeliverySelection, limit: Int, in session: borrowing Query
    ) throws(Query.Failure) -> [Int64] {
        let filter = DeliveryFilter(
            endpointID: selection.endpointID, state: selection.state, orderID: selection.orderID)
        var sql: SQL = "SELECT id FROM deliveries"
        sql.append(DeliveryStore.index(filter))
        sql.append(" WHERE state = \(selection.state.rawValue)")
        if let id = selection.endpointID { sql.append(" AND endpoint_id = \(id)") }
        if let id = selection.orderID { sql.append(" AND order_id = \(id)") }
        sql.append(" ORDER BY id LIMIT \(limit)")
        return try session.query(sql) { (row) throws(DatabaseError) in try row.int64("id") }
    }

    /// Up to `limit` deliveries with an id below `beforeID`, by descending id.
    func list<Query: SQLQuerying & ~Copyable>(
        _ filter: DeliveryFilter, beforeID: Int64?, limit: Int, in session: borrowing Query
    ) throws(Query.Failure) -> [Delivery] {
        var sql: SQL = "SELECT \(literal: DeliveryStore.columns) FROM deliveries"
        sql.append(DeliveryStore.index(filter))
        sql.append(" WHERE id < \(beforeID ?? Int64.max)")
        if let endpointID = filter.endpointID { sql.append(" AND endpoint_id = \(endpointID)") }
        if let state = filter.state { sql.append(" AND state = \(state.rawValue)") }
        if let orderID = filter.orderID { sql.append(" AND order_id = \(orderID)") }
        sql.append(" ORDER BY id DESC LIMIT \(limit)")
        return try session.query(sql, Delivery.init)
    }

    /// The index whose entries are in the order of the list. An order has few deliveries, so that the other filters are looked at row by
    /// row.
    private static func index(_ filter: DeliveryFilter) -> SQL {
        switch (filter.orderID, filter.endpointID, filter.state) {
        case (_?, _, _): " FORCE INDEX (ix_deliveries_order)"
        case (nil, _?, _?): " FORCE INDEX (ix_deliveries_endpoint_state)"
        case (nil, _?, nil): " FORCE INDEX (ix_deliveries_endpoint)"
        case (nil, nil, _?): " FORCE INDEX (ix_deliveries_state)"
        case (nil, nil, nil): " FORCE INDEX (PRIMARY)"
        }
    }
}

extension Delivery {
    /// A delivery from its row, of the columns in `DeliveryStore.columns`.
    init(_ row: Row) throws(DatabaseError) {
        let outcome = try row.optionalString("last_outcome")
        guard let state = State(rawValue: try row.string("state")) else {
            throw .decoding("a row of deliveries holds a value that the service never writes")
        }
        self.init(
            id: try row.int64("id"),
            lane: Lane(
                endpointID: try row.int64("endpoint_id"), orderID: try row.int64("order_id"),
                replay: try row.int64("replay")),
            seq: try row.int64("seq"), eventID: try row.string("event_id"), eventType: try row.string("event_type"),
            state: state, attemptCount: try row.int("attempt_count"),
            lastOutcome: outcome.flatMap(AttemptOutcome.init), createdAt: try row.timestamp("created_at"),
            finishedAt: try row.optionalTimestamp("finished_at"))
    }
}
