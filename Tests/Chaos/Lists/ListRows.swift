import Concurrency
import DatabaseTesting
import MySQL
import SystemTesting

/// Many rows in every list, unevenly spread: what an index that almost fits is worst at.
struct ListRows: Sendable {
    /// Customers and orders; there are a tenth as many products.
    let count: Int
    private let database: Database

    static let rareCount = 5
    /// Half of the orders are this customer's.
    static let largeCustomer = 1
    static let smallCustomer = 2

    init(count: Int, on schema: TestSchema) {
        self.count = count
        var configuration = schema.configuration
        // A statement that makes a million rows takes a minute on a busy machine.
        configuration.readTimeoutSeconds = 600
        database = Database(configuration)
    }

    /// Writes them straight into the database. The words of customers and products are left to the services.
    func fill() throws {
        let middle = count / 2
        try change(
            """
            INSERT INTO customers (name, email, phone, identity_card, is_active, created_at, updated_at)
            SELECT CONCAT(ELT(seq % 8 + 1, 'Ana', 'Luis', 'Marta', 'José', 'Eva', 'Carlos', 'Anabel', 'Inés'), ' ',
                    ELT(seq DIV 8 % 16 + 1, 'Torres', 'Vega', 'Ruiz', 'Paz', 'Mora', 'Silva', 'Castro', 'Rojas', 'Peña',
                    'Díaz', 'Gómez', 'López', 'Cruz', 'Ortiz', 'Ríos', 'Vera'), ' ', MD5(seq DIV 50)),
                CONCAT('user', seq, '@', ELT(seq % 3 + 1, 'example.com', 'mail.example.org', 'shop.example.net')),
                CONCAT('+593 9', LPAD(seq, 8, '0')), LPAD(seq, 10, '0'),
                seq NOT BETWEEN \(middle) AND \(middle + ListRows.rareCount - 1), NOW(6), NOW(6)
            FROM seq_1_to_10000000 WHERE seq <= \(count) ORDER BY seq
            """)
        try change(
            """
            INSERT INTO products (sku, name, price_cents, stock, is_active, created_at, updated_at)
            SELECT CONCAT('SKU-', seq), CONCAT(ELT(seq % 4 + 1, 'Chair', 'Desk', 'Lamp', 'Shelf'), ' ', MD5(seq DIV 50)),
                1000, 1000000000, seq NOT BETWEEN \(middle / 10) AND \(middle / 10 + ListRows.rareCount - 1),
                NOW(6), NOW(6)
            FROM seq_1_to_10000000 WHERE seq <= \(count / 10) ORDER BY seq
            """)
        // One order in 20 s, so that the 10 minutes by which a window is generous are 30 orders.
        try change(
            """
            INSERT INTO orders
                (customer_id, customer_name, customer_email, customer_phone, status, total_cents, created_at)
            SELECT IF(seq % 2 = 0, \(ListRows.largeCustomer), IF(seq % 1000 = 1, \(ListRows.smallCustomer), 3 + seq % 1000)),
                'Ana', 'ana@example.com', '555',
                IF(seq BETWEEN \(middle) AND \(middle + 2 * ListRows.rareCount - 1), 'CANCELED', 'CONFIRMED'), 1000,
                '2026-01-01 00:00:00' + INTERVAL 20 * seq SECOND
            FROM seq_1_to_10000000 WHERE seq <= \(count) ORDER BY seq
            """)
        try change(
            """
            INSERT INTO order_items
                (order_id, line_number, product_id, sku, name, qty, unit_price_cents, subtotal_cents)
            SELECT id, 1, 1, 'SKU-1', 'Chair', 1, 1000, 1000 FROM orders ORDER BY id
            """)
        for table in ["customers", "products", "orders", "order_items"] {
            guard let table = SQLIdentifier(table) else { continue }
            _ = try query("ANALYZE TABLE \(table)")
        }
    }

    /// How many customers and products have no words yet.
    func countWithoutWords() throws -> Int64 {
        try query(
            """
            SELECT (SELECT COUNT(*) FROM customers WHERE has_words = FALSE)
                + (SELECT COUNT(*) FROM products WHERE has_words = FALSE)
            """
        ).first?.int64(0) ?? 0
    }

    /// Rows and index entries that the server has read for everybody.
    func rowsRead() throws -> Int64 {
        try query("SHOW GLOBAL STATUS LIKE 'Handler_read%'").reduce(0) { $0 + (Int64(try $1.string(1)) ?? 0) }
    }

    func close() { database.close() }

    private func query(_ sql: SQL) throws -> [Row] {
        try database.read(by: .after(milliseconds: 600_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in try session.query(sql)
        }
    }

    private func change(_ sql: SQL) throws {
        try database.transaction(by: .after(milliseconds: 600_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            _ = try transaction.execute(sql)
        }
    }
}
