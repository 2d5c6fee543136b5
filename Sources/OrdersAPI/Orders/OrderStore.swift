import CustomerLookup
import DatabaseWebService
import MySQL
import Telemetry

/// All SQL that changes orders or reads one.
struct OrderStore {
    static let columns: StaticString =
        """
        id, version, customer_id, customer_name, customer_email, customer_phone, status, cancel_reason, total_cents, created_at, \
        confirmed_at, canceled_at, flow, reject_reason, payment_method, payment_id, needs_attention
        """
    static let itemColumns: StaticString = "order_id, product_id, sku, name, qty, unit_price_cents, subtotal_cents"

    /// Inserts an asynchronous order without its items; nothing is known of its customer yet but the id.
    ///
    /// - Returns: the id.
    func insertPending(
        customerID: Int64, totalCents: Int64, paymentMethod: String?, from origin: OrderOrigin, at now: Timestamp,
        in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) -> Int64 {
        try transaction.execute(
            """
            INSERT INTO orders
                (version, customer_id, customer_name, customer_email, customer_phone, status, total_cents, created_at, flow,
                payment_method, key_digest, correlation_digest)
            VALUES (\(Order.firstVersion), \(customerID), '', '', '', \(Order.Status.pending.rawValue), \(totalCents),
                \(now.databaseText), \(Order.Flow.async.rawValue), \(paymentMethod), \(origin.keyDigest),
                \(origin.correlationDigest))
            """
        ).lastInsertID
    }

    /// Inserts the order without its items.
    ///
    /// - Returns: the id.
    func insert<Failure: DatabaseFailure>(
        _ customer: CustomerSnapshot, totalCents: Int64, from origin: OrderOrigin, at now: Timestamp,
        in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Int64 {
        try transaction.execute(
            """
            INSERT INTO orders
                (version, customer_id, customer_name, customer_email, customer_phone, status, total_cents, created_at,
                key_digest, correlation_digest)
            VALUES (\(Order.firstVersion), \(customer.id), \(customer.name), \(customer.email), \(customer.phone),
                \(Order.Status.created.rawValue), \(totalCents), \(now.databaseText), \(origin.keyDigest),
                \(origin.correlationDigest))
            """
        ).lastInsertID
    }

    func insert<Failure: DatabaseFailure>(
        _ items: [OrderItem], orderID: Int64, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        var sql: SQL =
            """
            INSERT INTO order_items
                (order_id, line_number, product_id, sku, name, qty, unit_price_cents, subtotal_cents) VALUES
            """
        for (index, item) in items.enumerated() {
            if index > 0 { sql.append(",") }
            sql.append(
                """
                 (\(orderID), \(index + 1), \(item.productID), \(item.sku.text), \(item.name), \(item.quantity),
                \(item.unitPriceCents), \(item.subtotalCents))
                """)
        }
        _ = try transaction.execute(sql)
    }

    /// Writes the status and what belongs to it.
    func updateStatus(
        _ order: Order, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        _ = try transaction.execute(
            """
            UPDATE orders SET version = \(order.version), status = \(order.status.rawValue), cancel_reason = \(order.cancelReason?.rawValue),
                confirmed_at = \(order.confirmedAt?.databaseText), canceled_at = \(order.canceledAt?.databaseText),
                reject_reason = \(order.rejectReason?.rawValue)
            WHERE id = \(order.id)
            """)
    }

    func find<Query: SQLQuerying & ~Copyable>(
        id: Int64, in session: borrowing Query
    ) throws(OrderError) -> Order? where Query.Failure == OrderError {
        let rows = try session.query(
            """
            SELECT \(literal: OrderStore.columns), \(literal: OrderStore.itemColumns) FROM \(OrderStore.withItems(id))
            """
        ) { (row) throws(DatabaseError) in (order: try Order(row), item: try OrderItem(row)) }
        return rows.first.map { $0.order.with(items: rows.map(\.item)) }
    }

    /// An order's row with each of its items.
    private static func withItems(_ id: Int64) -> SQL {
        "orders JOIN order_items ON order_id = id WHERE id = \(id) ORDER BY line_number"
    }

    /// The order, with its row and those of its items held until the transaction ends, and the database's time.
    func lock(
        id: Int64, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) -> (order: Order, now: Timestamp)? {
        let rows = try transaction.query(
            """
            SELECT \(literal: OrderStore.columns), \(literal: OrderStore.itemColumns), \(SQL.now)
            FROM \(OrderStore.withItems(id)) FOR UPDATE
            """
        ) { (row) throws(DatabaseError) in
            (order: try Order(row), item: try OrderItem(row), now: try row.timestamp("now"))
        }
        return rows.first.map { ($0.order.with(items: rows.map(\.item)), $0.now) }
    }

    /// Writes whom an asynchronous order is for.
    func updateCustomer(
        orderID: Int64, _ customer: CustomerSnapshot, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        try transaction.execute(
            """
            UPDATE orders SET customer_name = \(customer.name), customer_email = \(customer.email),
                customer_phone = \(customer.phone)
            WHERE id = \(orderID)
            """)
    }

    /// Writes whose payment is to be confirmed, of an order whose row the transaction holds.
    func updatePayment(
        orderID: Int64, paymentID: String, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        try transaction.execute("UPDATE orders SET payment_id = \(paymentID) WHERE id = \(orderID)")
    }

    /// Writes whether the order's saga waits for an operator.
    func updateAttention(
        orderID: Int64, isNeeded: Bool, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        try transaction.execute("UPDATE orders SET needs_attention = \(isNeeded) WHERE id = \(orderID)")
    }

    /// Holds an order's row until the transaction ends, without reading it.
    func hold(id: Int64, in transaction: borrowing Transaction<OrderError>) throws(OrderError) {
        _ = try transaction.query("SELECT id FROM orders WHERE id = \(id) FOR UPDATE", OrderStore.id)
    }

    /// Orders by ascending id, with their rows, not those of their items, held until the transaction ends.
    ///
    /// - Parameter ids: some at least.
    func lock<Failure: DatabaseFailure>(
        ids: [Int64], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> [Order] {
        try orders(
            """
            SELECT \(literal: OrderStore.columns) FROM orders FORCE INDEX (PRIMARY) WHERE id IN \(list: ids) ORDER BY id FOR UPDATE
            """, in: transaction)
    }

    /// Whom orders are for, and what they cost.
    func customerIDs(
        of ids: [Int64], in session: borrowing ReadSession<OrderError>
    ) throws(OrderError) -> [(id: Int64, customerID: Int64, totalCents: Int64)] {
        try session.query("SELECT id, customer_id, total_cents FROM orders WHERE id IN \(list: ids)") {
            (row) throws(DatabaseError) in
            (try row.int64("id"), try row.int64("customer_id"), try row.int64("total_cents"))
        }
    }

    /// Writes that orders took their stock, and for whom.
    ///
    /// - Parameter orders: some at least; the transaction holds their rows.
    func updateReserved<Failure: DatabaseFailure>(
        _ orders: [Order], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        func each(_ text: (Order) -> String) -> SQL {
            var sql: SQL = "CASE id"
            for order in orders.paddedToPowerOfTwo { sql.append(" WHEN \(order.id) THEN \(text(order))") }
            sql.append(" END")
            return sql
        }
        try transaction.execute(
            """
            UPDATE orders FORCE INDEX (PRIMARY) SET status = \(Order.Status.stockReserved.rawValue), version = version + 1,
                customer_name = \(each(\.customer.name)), customer_email = \(each(\.customer.email)),
                customer_phone = \(each(\.customer.phone))
            WHERE id IN \(list: orders.map(\.id)) ORDER BY id
            """)
    }

    /// Writes how many events tell of the order.
    func updateVersion(_ order: Order, in transaction: borrowing Transaction<OrderError>) throws(OrderError) {
        try transaction.execute("UPDATE orders SET version = \(order.version) WHERE id = \(order.id)")
    }

    /// The highest id there is; 0 without orders.
    func lastID(in session: borrowing ReadSession<OrderError>) throws(OrderError) -> Int64 {
        try session.queryFirst("SELECT id FROM orders ORDER BY id DESC LIMIT 1", OrderStore.id) ?? 0
    }

    /// The ids of up to `limit` orders above `afterID` that were made more than `minutes` ago and are still CREATED, the
    /// oldest first.
    func abandoned(
        forMinutes minutes: Int, afterID: Int64, limit: Int, in session: borrowing ReadSession<OrderError>
    ) throws(OrderError) -> [Int64] {
        try session.query(
            """
            SELECT id FROM orders FORCE INDEX (ix_orders_status)
            WHERE status = \(Order.Status.created.rawValue) AND id > \(afterID) AND flow = \(Order.Flow.sync.rawValue)
                AND created_at < UTC_TIMESTAMP(6) - INTERVAL \(minutes) MINUTE
            ORDER BY id LIMIT \(limit)
            """, OrderStore.id)
    }

    /// The orders whose rows `sql` finds, each with its items.
    func orders<Query: SQLQuerying & ~Copyable>(
        _ sql: SQL, in session: borrowing Query
    ) throws(Query.Failure) -> [Order] {
        try withItems(try session.query(sql, Order.init), in: session)
    }

    private func withItems<Query: SQLQuerying & ~Copyable>(
        _ orders: [Order], in session: borrowing Query
    ) throws(Query.Failure) -> [Order] {
        guard !orders.isEmpty else { return [] }
        var items: [Int64: [OrderItem]] = [:]
        let rows = try session.query(
            """
            SELECT \(literal: OrderStore.itemColumns) FROM order_items WHERE order_id IN \(list: orders.map(\.id))
            ORDER BY order_id, line_number
            """
        ) { (row) throws(DatabaseError) in (orderID: try row.int64("order_id"), item: try OrderItem(row)) }
        for row in rows { items[row.orderID, default: []].append(row.item) }
        return orders.map { $0.with(items: items[$0.id] ?? []) }
    }
}
