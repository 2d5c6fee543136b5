import MySQL
import Telemetry

extension OrderStore {
    /// 10 minutes: how far the order of ids and the order of times may part. Both are given within one request (60 s at
    /// most), by database nodes whose clocks agree within minutes.
    private static let clockSkewSeconds = 600

    /// Up to `limit` orders with an id below `beforeID`, by descending id, with their items.
    ///
    /// The cost is that of the page, at any depth and with any filter: a window of time is first turned into a window of
    /// ids, by two look-ups in the index on `created_at`, so that no row outside it is walked over. Only where very many orders have
    /// one correlation id, very many the state or the customer asked for, and few have both, those of one of the two are walked over.
    func list(
        _ filter: OrderFilter, beforeID: Int64?, limit: Int, in session: borrowing ReadSession<OrderError>
    ) throws(OrderError) -> [Order] {
        var sql: SQL = "SELECT \(literal: OrderStore.columns) FROM orders"
        // Without FORCE INDEX, MariaDB walks the status's newest entries down to the cursor, 100 ms deep in a large table.
        sql.append(" FORCE INDEX (\(OrderStore.indexes(for: filter)))")
        sql.append(" WHERE id < \(try upperID(filter, beforeID, in: session))")
        if let customerID = filter.customerID { sql.append(" AND customer_id = \(customerID)") }
        if let status = filter.status { sql.append(" AND status = \(status.rawValue)") }
        if let keyDigest = filter.keyDigest { sql.append(" AND key_digest = \(keyDigest)") }
        if let correlationDigest = filter.correlationDigest {
            sql.append(" AND correlation_digest = \(correlationDigest)")
        }
        if let from = filter.from {
            sql.append(" AND id > \(try lowerID(from, in: session)) AND created_at >= \(from.databaseText)")
        }
        if let to = filter.to { sql.append(" AND created_at < \(to.databaseText)") }
        sql.append(" ORDER BY id DESC LIMIT \(limit)")
        return try orders(sql, in: session)
    }

    /// The indexes that may be read. Of several the database takes the one that has the fewest orders for the values asked for: mostly a
    /// key's or a correlation id's, unless clients send the same one with everything.
    private static func indexes(for filter: OrderFilter) -> SQL {
        var indexes: [SQL] = []
        if filter.keyDigest != nil { indexes.append("ix_orders_key") }
        if filter.correlationDigest != nil { indexes.append("ix_orders_correlation") }
        switch (filter.customerID, filter.status) {
        case (nil, nil): if indexes.isEmpty { indexes.append("PRIMARY") }
        case (_?, nil): indexes.append("ix_orders_customer")
        case (nil, _?): indexes.append("ix_orders_status")
        case (_?, _?): indexes.append("ix_orders_customer_status")
        }
        return indexes.dropFirst().reduce(indexes[0]) { $0 + ", " + $1 }
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
