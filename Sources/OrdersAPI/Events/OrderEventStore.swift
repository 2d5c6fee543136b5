import JSON
import MySQL
import Telemetry

/// All SQL of an order's history. Events are written in the transaction of the change that they tell of, and wait in the outbox for
/// `EventSequencer` to number them.
struct OrderEventStore {
    /// Writes what happened to an order, whose row the transaction holds.
    func append<Failure: DatabaseFailure>(
        _ event: OrderEvent, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        let (order, kind) = (event.order, event.kind.rawValue)
        try transaction.execute(
            """
            INSERT INTO order_events (order_id, version, event_id, type, body, created_at)
            VALUES (\(order.id), \(order.version), \(event.id), \(kind), \(JSONWriter.bytes(of: event)),
                \(event.time.databaseText))
            """)
        try enqueue(orderID: order.id, version: order.version, kind: kind, in: transaction)
    }

    /// Writes what happened to several orders, whose rows the transaction holds.
    func append<Failure: DatabaseFailure>(
        _ events: [OrderEvent], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        for part in events.partsOfPowersOfTwo() {
            var history: SQL = "INSERT INTO order_events (order_id, version, event_id, type, body, created_at) VALUES"
            var outbox: SQL = "INSERT INTO event_outbox (order_id, version, type) VALUES"
            for (index, event) in part.enumerated() {
                let (order, kind) = (event.order, event.kind.rawValue)
                if index > 0 {
                    history.append(",")
                    outbox.append(",")
                }
                history.append(
                    """
                     (\(order.id), \(order.version), \(event.id), \(kind), \(JSONWriter.bytes(of: event)),
                    \(event.time.databaseText))
                    """)
                outbox.append(" (\(order.id), \(order.version), \(kind))")
            }
            try transaction.execute(history)
            try transaction.execute(outbox)
        }
    }

    /// Has an event that is written numbered.
    func enqueue<Failure: DatabaseFailure>(
        orderID: Int64, version: Int64, kind: String, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        try transaction.execute(
            "INSERT INTO event_outbox (order_id, version, type) VALUES (\(orderID), \(version), \(kind))")
    }

    /// The events of an order, as JSON, by ascending version.
    ///
    /// - Returns: nil where there is no such order.
    func history(
        orderID: Int64, in session: borrowing ReadSession<EventError>
    ) throws(EventError) -> [[UInt8]]? {
        let rows = try session.query(
            """
            SELECT body FROM orders LEFT JOIN order_events ON order_id = id WHERE id = \(orderID) ORDER BY
                order_events.version
            """
        ) { (row) throws(DatabaseError) in try row.optionalBytes("body") }
        return rows.isEmpty ? nil : rows.compactMap { $0 }
    }

    /// The ids of the orders in a window whose state is not what their last event tells of.
    func untold(
        after startID: Int64, through endID: Int64, in session: borrowing ReadSession<OrderError>
    ) throws(OrderError) -> [Int64] {
        var kind: SQL = "CASE status"
        for status in Order.Status.allCases {
            kind.append(" WHEN \(status.rawValue) THEN \(OrderEvent.Kind(status).rawValue)")
        }
        return try session.query(
            """
            SELECT id FROM orders LEFT JOIN order_events ON order_id = id AND order_events.version = orders.version
            WHERE id > \(startID) AND id <= \(endID) AND NOT (type <=> \(kind) END) ORDER BY id
            """, OrderStore.id)
    }

    /// What the last event of an order, whose row the transaction holds, tells of; nil where it has none.
    func lastKind(
        of order: Order, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) -> OrderEvent.Kind? {
        try transaction.queryFirst(
            "SELECT type FROM order_events WHERE order_id = \(order.id) AND version = \(order.version)"
        ) { (row) throws(DatabaseError) in try row.string("type") }.flatMap(OrderEvent.Kind.init)
    }
}
