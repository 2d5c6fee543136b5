import Concurrency
import MySQL
import SeededRandom
import SystemTesting
import Telemetry

/// The rows of one list: what they are like follows from their id, so that a filter can be judged without asking anybody.
struct WalkedRows: Sendable {
    struct Filter: Sendable {
        let query: String
        /// Whether it shows a lasting row.
        let shows: @Sendable (Int64) -> Bool
    }

    let service: RunningSystem.Service
    let path: String
    let filters: [Filter]
    /// The statements that make a row; they do nothing for one that is there.
    private let insert: @Sendable (Int64) -> [SQL]
    /// A change that no filter sees, for a lasting row.
    private let touch: @Sendable (Int64) -> SQL
    /// A change that filters see, for a row that does not last.
    private let turn: @Sendable (Int64) -> SQL
    private let table: SQLIdentifier

    /// A third of the rows comes and goes; the others stay, and stay what a filter sees of them.
    static func isLasting(_ id: Int64) -> Bool { !id.isMultiple(of: 3) }

    static let all = [customers, products, orders].compactMap { $0 }

    /// Makes the rows 1 to `count`.
    func fill(_ count: Int, _ database: Database) throws {
        for id in 1...Int64(count) { try change(insert(id), database) }
        try waitForWords(database)
    }

    /// The service writes the words of rows that came behind its back within seconds.
    private func waitForWords(_ database: Database) throws {
        guard filters.contains(where: { $0.query.contains("search") }) else { return }
        let deadline = Deadline.after(milliseconds: 30_000)
        while try !database.read(
            by: deadline,
            { (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try session.query("SELECT id FROM \(table) WHERE has_words = FALSE LIMIT 1").isEmpty
            })
        {
            Thread.sleep(milliseconds: 100)
        }
    }

    /// One insert, update or delete.
    func change(_ count: Int, _ random: inout SeededRandom, _ database: Database) throws {
        // Twice as many ids as there were rows: the upper half comes and goes above every walk.
        let id = Int64.random(in: 1...Int64(2 * count), using: &random)
        guard !WalkedRows.isLasting(id) || id > count else { return try change([touch(id)], database) }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: try change(["DELETE FROM \(table) WHERE id = \(id)"], database)
        case 1: try change([turn(id)], database)
        default: try change(insert(id), database)
        }
    }

    private func change(_ statements: [SQL], _ database: Database) throws {
        try database.transaction(by: .after(milliseconds: 20_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            for sql in statements { _ = try transaction.execute(sql) }
        }
    }
}

extension WalkedRows {
    private static func isActive(_ id: Int64) -> Bool { id.isMultiple(of: 2) }
    private static func name(_ id: Int64) -> String { "\(id.isMultiple(of: 5) ? "Oak" : "Ash") \(id) class\(id % 7)" }
    private static let isOak: @Sendable (Int64) -> Bool = { $0.isMultiple(of: 5) }

    private static let namedFilters = [
        Filter(query: "") { _ in true },
        Filter(query: "&is_active=true") { isActive($0) },
        Filter(query: "&is_active=false") { !isActive($0) },
        Filter(query: "&search=oak") { isOak($0) },
        Filter(query: "&search=OAK&is_active=true") { isOak($0) && isActive($0) },
        Filter(query: "&search=oak+clas") { isOak($0) },
        Filter(query: "&search=class3&is_active=true") { $0 % 7 == 3 && isActive($0) },
        Filter(query: "&search=7") { $0 == 7 },
    ]

    private static let customers = SQLIdentifier("customers").map { table in
        WalkedRows(
            service: .customers, path: "/admin/customers/find-all", filters: namedFilters,
            insert: { id in
                [
                    """
                    INSERT IGNORE INTO customers (id, name, email, phone, is_active, created_at, updated_at)
                    VALUES (\(id), \(name(id)), \("row\(id)@example.com"), '555', \(isActive(id)), NOW(6), NOW(6))
                    """
                ]
            },
            touch: { "UPDATE customers SET address = UUID(), updated_at = NOW(6) WHERE id = \($0)" },
            turn: { "UPDATE customers SET is_active = NOT is_active, name = REVERSE(name) WHERE id = \($0)" },
            table: table)
    }

    private static let products = SQLIdentifier("products").map { table in
        WalkedRows(
            service: .orders, path: "/admin/products/find-all", filters: namedFilters,
            insert: { id in
                [
                    """
                    INSERT IGNORE INTO products (id, sku, name, price_cents, stock, is_active, created_at, updated_at)
                    VALUES (\(id), \("sku-\(id)"), \(name(id)), 100, 10, \(isActive(id)), NOW(6), NOW(6))
                    """
                ]
            },
            touch: { "UPDATE products SET stock = stock + 1, price_cents = price_cents + 1 WHERE id = \($0)" },
            turn: { "UPDATE products SET is_active = NOT is_active, name = REVERSE(name) WHERE id = \($0)" },
            table: table)
    }

    private static let orders = SQLIdentifier("orders").map { table in
        WalkedRows(
            service: .orders, path: "/admin/orders/find-all", filters: orderFilters,
            insert: { id in
                [
                    """
                    INSERT IGNORE INTO orders
                        (id, customer_id, customer_name, customer_email, customer_phone, status, total_cents, created_at)
                    VALUES (\(id), \(id % 4 + 1), 'Ana', 'ana@example.com', '555', \(statuses[Int(id % 2)]), 100,
                        \(time(of: id).databaseText))
                    """,
                    """
                    INSERT IGNORE INTO order_items
                        (order_id, line_number, product_id, sku, name, qty, unit_price_cents, subtotal_cents)
                    VALUES (\(id), 1, 1, 'sku-1', 'Chair', 1, 100, 100)
                    """,
                ]
            },
            touch: { "UPDATE orders SET customer_phone = UUID_SHORT() WHERE id = \($0)" },
            turn: { "UPDATE orders SET status = 'CANCELED', canceled_at = NOW(6) WHERE id = \($0)" },
            table: table)
    }

    private static let statuses = ["CREATED", "CONFIRMED"]
    private static let start = Timestamp(microsecondsSince1970: 1_767_268_800_000_000)

    /// One order a minute, each up to nine minutes late: so far ids and times part where clocks are kept together.
    private static func time(of id: Int64) -> Timestamp { start.adding(seconds: Int(id * 60 + id * 37 % 540)) }

    private static var orderFilters: [Filter] {
        let from = start.adding(seconds: 50 * 60)
        let to = start.adding(seconds: 150 * 60)
        let window = "&from=\(from.rfc3339)&to=\(to.rfc3339)"
        let isWithin: @Sendable (Int64) -> Bool = { time(of: $0) >= from && time(of: $0) < to }
        return [
            Filter(query: "") { _ in true },
            Filter(query: "&status=CREATED") { $0.isMultiple(of: 2) },
            Filter(query: "&status=CONFIRMED") { !$0.isMultiple(of: 2) },
            Filter(query: "&status=CANCELED") { _ in false },
            Filter(query: "&customer_id=1") { $0 % 4 == 0 },
            Filter(query: "&customer_id=1&status=CREATED") { $0 % 4 == 0 },
            Filter(query: "&from=\(from.rfc3339)") { time(of: $0) >= from },
            Filter(query: "&to=\(to.rfc3339)") { time(of: $0) < to },
            Filter(query: window, shows: isWithin),
            Filter(query: "\(window)&status=CONFIRMED&customer_id=2") { isWithin($0) && $0 % 4 == 1 },
        ]
    }
}
