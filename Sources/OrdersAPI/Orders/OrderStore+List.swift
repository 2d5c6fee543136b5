import MySQL
import Telemetry

extension OrderStore {
    /// 10 minutes: how far the order of ids and the order of times may part. Both are given within one request (60 s at
    /// most), by database nodes whose clocks agree within minutes.
    private static let clockSkewSeconds = 600

    /// Up to `limit` orders with an id below `beforeID`, by descending id, with their items.
    ///
    /// The cost is that of the page, at any depth and with any filter: a window of time is first turned into a window of
    /// ids, by two look-ups in the index on `created_at`, so that no row outside it is walked over.
    func list(
        _ filter: OrderFilter, beforeID: Int64?, limit: Int, in session: borrowing ReadSession<OrderError>
    ) throws(OrderError) -> [Order] {
        var sql: SQL = "SELECT \(literal: OrderStore.columns) FROM orders"
        // Without FORCE INDEX, MariaDB walks the status's newest entries down to the cursor, 100 ms deep in a large table.
        switch (filter.customerID, filter.status) {
        case (nil, nil): sql.append(" FORCE INDEX (PRIMARY)")
        case (_?, nil): sql.append(" FORCE INDEX (ix_orders_customer)")
        case (nil, _?): sql.append(" FORCE INDEX (ix_orders_status)")
        case (_?, _?): sql.append(" FORCE INDEX (ix_orders_customer_status)")
        }
        sql.append(" WHERE id < \(try upperID(filter, beforeID, in: session))")
        if let customerID = filter.customerID { sql.append(" AND customer_id = \(customerID)") }
        if let status = filter.status { sql.append(" AND status = \(status.rawValue)") }
        if let from = filter.from {
            sql.append(" AND id > \(try lowerID(from, in: session)) AND created_at >= \(from.databaseText)")
        }
        if let to = filter.to { sql.append(" AND created_at < \(to.databaseText)") }
        sql.append(" ORDER BY id DESC LIMIT \(limit)")
        return try orders(sql, in: session)
    }

    /// An id that every order of the window and of the page is below.
    private func upperID(
        _ filter: OrderFilter, _ beforeID: Int64?, in session: borrowing ReadSession<OrderError>
    ) throws(OrderError) -> Int64 {
        let beforeID = beforeID ?? .max
        guard let to = filter.to?.adding(seconds: OrderStore.clockSkewSeconds) else { return beforeID }
        let id = try session.queryFirst(
            "SELECT id FROM orders WHERE created_at >= \(to.databaseText) ORDER BY created_at, id LIMIT 1",
            OrderStore.id)
        return min(beforeID, id ?? .max)
    }

    /// An id that every order of the window is above.
    private func lowerID(
        _ from: Timestamp, in session: borrowing ReadSession<OrderError>
    ) throws(OrderError) -> Int64 {
        let from = from.adding(seconds: -OrderStore.clockSkewSeconds)
        return try session.queryFirst(
            "SELECT id FROM orders WHERE created_at <= \(from.databaseText) ORDER BY created_at DESC, id DESC LIMIT 1",
            OrderStore.id) ?? 0
    }

    static func id(_ row: Row) throws(DatabaseError) -> Int64 { try row.int64("id") }
}
