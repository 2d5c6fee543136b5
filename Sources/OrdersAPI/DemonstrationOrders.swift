import Concurrency
import DatabaseWebService
import MySQL
import Telemetry
import WebService

/// Orders by the thousand, to try lists and pages with: `seed --orders N`.
///
/// They were confirmed, one in ten was canceled later, and what they took came in as well, so that the ledgers of stock add up. No events
/// tell of them, as of orders from before there were events: whoever listens hears nothing of orders that nobody placed.
struct DemonstrationOrders {
    static let option = CommandDescription.Option(
        "--orders", "N", "Adds N orders as well, up to \(count.upperBound), each time that it is run.")
    static let count: ClosedRange<Int64> = 1...10_000_000

    /// 4096 orders in one transaction: so few commits cost nothing, and what is held in memory is some megabytes.
    private static let batchSize = 4096
    /// 60 s for one batch, which takes a fraction of a second: it may have to wait for a busy disk.
    private static let batchMilliseconds = 60_000
    /// One order in 20 s: a million are spread over some eight months.
    private static let secondsBetweenOrders = 20
    private static let customers: [(id: Int64, name: String, email: String, phone: String)] = [
        (1, "Ana Torres", "ana.torres@example.com", "+593 99 123 4567"),
        (2, "Luis Vega", "luis.vega@example.com", "+593 98 765 4321"),
        (3, "Marta Ruiz", "marta.ruiz@example.com", "+593 97 555 0101"),
    ]

    let database: Database
    let logger: Logger
    /// The terminal that shows how far it is; nil for the log.
    let screen: ProgressScreen?

    /// - Throws: why it ended early; what the last log line or the list tells of is there.
    func add(_ count: Int) throws(CommandError) {
        var done = 0
        do throws(DatabaseError) {
            let products = try catalogue()
            try Progress.of("orders", total: count, on: screen, logger) { (progress) throws(DatabaseError) in
                while done < count {
                    let size = min(Self.batchSize, count - done)
                    try addBatch(after: done, size, of: count, products)
                    done += size
                    progress.advance(to: done)
                }
            }
        } catch {
            throw CommandError(message: "\(done) of \(count) orders were added. The cause: \(error)")
        }
        logger.info("seeded", ["orders": count])
    }

    /// What is ordered: the oldest products.
    private func catalogue() throws(DatabaseError) -> [DemonstrationProduct] {
        try database.read(by: .after(milliseconds: Self.batchMilliseconds)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.query("SELECT id, sku, name, price_cents FROM products ORDER BY id LIMIT 4") {
                (row) throws(DatabaseError) in
                DemonstrationProduct(
                    id: try row.int64("id"), sku: try row.string("sku"), name: try row.string("name"),
                    priceCents: try row.int64("price_cents"))
            }
        }
    }

    /// - Parameter done: how many of `count` there are already.
    private func addBatch(
        after done: Int, _ size: Int, of count: Int, _ products: [DemonstrationProduct]
    ) throws(DatabaseError) {
        try database.transaction(by: .after(milliseconds: Self.batchMilliseconds)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            let (now, newest, idStep) = try clock(in: transaction)
            let orders = (done..<done + size).map { number in
                // Ids and times have one order, which lists by time go by: none is older than an order that is there.
                let planned = now.adding(seconds: -Self.secondsBetweenOrders * (count - number))
                return DemonstrationOrder(number: number, time: max(planned, newest ?? planned), products)
            }
            for part in orders.partsOfPowersOfTwo() {
                try insert(Array(part), idStep: idStep, in: transaction)
            }
            try insertReceipts(of: orders, in: transaction)
        }
    }

    /// The database's time, that of the newest order, and how far ids that the server gives lie apart.
    private func clock(
        in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> (now: Timestamp, newest: Timestamp?, idStep: Int64) {
        let row = try transaction.queryFirst(
            """
            SELECT \(SQL.now), (SELECT MAX(created_at) FROM orders) AS newest,
                CAST(@@auto_increment_increment AS SIGNED) AS id_step
            """
        ) { (row) throws(DatabaseError) in
            (
                now: try row.timestamp("now"), newest: try row.optionalTimestamp("newest"),
                idStep: try row.int64("id_step")
            )
        }
        guard let row else { throw .decoding("the database does not tell its time") }
        return row
    }

    private func insert(
        _ orders: [DemonstrationOrder], idStep: Int64, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) {
        var rows: SQL =
            """
            INSERT INTO orders
                (customer_id, customer_name, customer_email, customer_phone, status, cancel_reason, total_cents, created_at,
                confirmed_at, canceled_at) VALUES
            """
        for (index, order) in orders.enumerated() {
            let customer = Self.customers[order.number % Self.customers.count]
            let time = order.time.databaseText
            if index > 0 { rows.append(",") }
            rows.append(
                """
                 (\(customer.id), \(customer.name), \(customer.email), \(customer.phone), \(order.status.rawValue),
                \(order.isCanceled ? Order.CancelReason.requested.rawValue : nil), \(order.totalCents), \(time), \(time),
                \(order.isCanceled ? time : nil))
                """)
        }
        let firstID = try transaction.execute(rows).lastInsertID
        let ids = orders.indices.map { firstID + Int64($0) * idStep }
        try confirm(ids, in: transaction)
        try insertItems(of: orders, ids: ids, in: transaction)
    }

    /// The rows of one INSERT have ids in a row in every mode of the server; items of an order that is not there would stay for ever.
    private func confirm(
        _ ids: [Int64], in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) {
        let found = try transaction.queryFirst("SELECT COUNT(*) FROM orders WHERE id IN \(list: ids)") {
            (row) throws(DatabaseError) in try row.int(0)
        }
        guard found == ids.count else { throw .decoding("the ids of new orders are not in a row") }
    }

    private func insertItems(
        of orders: [DemonstrationOrder], ids: [Int64], in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) {
        let items = zip(ids, orders).flatMap { id, order in
            order.items.enumerated().map { (orderID: id, lineNumber: $0.offset + 1, item: $0.element) }
        }
        for part in items.partsOfPowersOfTwo() {
            var rows: SQL =
                """
                INSERT INTO order_items
                    (order_id, line_number, product_id, sku, name, qty, unit_price_cents, subtotal_cents) VALUES
                """
            for (index, line) in part.enumerated() {
                let product = line.item.product
                if index > 0 { rows.append(",") }
                rows.append(
                    """
                     (\(line.orderID), \(line.lineNumber), \(product.id), \(product.sku), \(product.name),
                    \(line.item.quantity), \(product.priceCents), \(line.item.subtotalCents))
                    """)
            }
            try transaction.execute(rows)
        }
    }

    /// What the orders hold came in first.
    private func insertReceipts(
        of orders: [DemonstrationOrder], in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) {
        var held: [Int64: Int64] = [:]
        for order in orders where !order.isCanceled {
            for item in order.items { held[item.product.id, default: 0] += item.quantity }
        }
        for (id, quantity) in held.sorted(by: { $0.key < $1.key }) {
            try StockAdjustmentStore().insert(
                StockChange(delta: quantity, reason: .receipt, note: "seed --orders"), productID: id, in: transaction)
        }
    }
}

private struct DemonstrationProduct {
    let id: Int64
    let sku: String
    let name: String
    let priceCents: Int64
}

/// What it is like follows from its number.
private struct DemonstrationOrder {
    struct Item {
        let product: DemonstrationProduct
        let quantity: Int64

        var subtotalCents: Int64 { quantity * product.priceCents }
    }

    let number: Int
    let time: Timestamp
    let items: [Item]

    init(number: Int, time: Timestamp, _ products: [DemonstrationProduct]) {
        self.number = number
        self.time = time
        // One in three orders has a second line.
        let lineCount = min(products.count, number.isMultiple(of: 3) ? 2 : 1)
        items = (0..<lineCount).map { line in
            Item(product: products[(number + line) % products.count], quantity: Int64(number % 5 + 1))
        }.sorted { $0.product.id < $1.product.id }
    }

    var isCanceled: Bool { number % 10 == 9 }
    var status: Order.Status { isCanceled ? .canceled : .confirmed }
    var totalCents: Int64 { items.reduce(0) { $0 + $1.subtotalCents } }
}
