// A page costs its own rows, with every combination of filters, however many rows the filters leave out one by one.
import BlockingTesting
import Concurrency
import Digests
import MySQL
import ServiceTesting
import Telemetry
import Testing

@testable import OrdersAPI

@Suite(.blocking) struct OrderListCostTests {
    private static let limit = 21
    /// The window's ends are 10 minutes generous, and there is an order a minute.
    private static let windowRows = 20

    private let harness: ServiceHarness

    /// 6,000 orders, one a minute, with an item each. Customer 1 has all but every hundredth; of the statuses one is as good
    /// as everywhere, one is rare, and one is on a few orders in the middle. Each has a key of its own and the correlation id of all.
    init() throws {
        harness = try ServiceHarness(customers: "http://127.0.0.1:1")
        try harness.database.change(
            """
            INSERT INTO orders
                (customer_id, customer_name, customer_email, customer_phone, status, total_cents, created_at, key_digest,
                correlation_digest)
            SELECT IF(number % 100 = 99, 2, 1), 'Ana', 'ana@example.com', '555',
                CASE WHEN number BETWEEN 3000 AND 3004 THEN 'CREATED' WHEN number % 500 = 250 THEN 'CANCELED'
                    ELSE 'CONFIRMED' END,
                1000, '2026-01-01 00:00:00' + INTERVAL number MINUTE,
                UNHEX(LEFT(SHA2(CONCAT('key-', number), 256), 16)), \(TextDigest.bytes(of: "everybody's"))
            FROM \(SQL.numbers(below: 6000)) ORDER BY number
            """)
        try harness.database.change(
            """
            INSERT INTO order_items
                (order_id, line_number, product_id, sku, name, qty, unit_price_cents, subtotal_cents)
            SELECT id, 1, 1, 'sku', 'Chair', 1, 1000, 1000 FROM orders
            """)
    }

    @Test(arguments: [nil] + Order.Status.allCases.map(Optional.some), [nil, Int64(1), 2, 3])
    func `a page costs its own rows, whatever the filters and however deep it lies`(
        status: Order.Status?, customerID: Int64?
    ) throws {
        for (from, to) in [
            (nil, nil), ("2026-01-03T00:00:00Z", nil), (nil, "2026-01-03T00:00:00Z"),
            ("2026-01-03T00:00:00Z", "2026-01-03T03:00:00Z"), ("2026-02-03T00:00:00Z", nil),
            (nil, "2025-02-03T00:00:00Z"),
        ] {
            let filter = OrderFilter(
                status: status, customerID: customerID, from: from.flatMap { Timestamp($0) },
                to: to.flatMap { Timestamp($0) })
            for beforeID in [nil, Int64(4500), 3003, 300] {
                let cost = try cost(of: filter, beforeID: beforeID)
                let windowRows = from == nil && to == nil ? 0 : Self.windowRows
                #expect(
                    cost.rowsRead <= 4 * Self.limit + windowRows,
                    "\(filter.description) below \(beforeID ?? .max): \(cost)")
            }
        }
    }

    /// A client may send one correlation id with everything: then the other filters' indexes are read.
    @Test(arguments: [nil] + Order.Status.allCases.map(Optional.some), [nil, Int64(1), 2, 3])
    func `a key and a correlation id cost their own rows, with other filters too`(
        status: Order.Status?, customerID: Int64?
    ) throws {
        for (key, correlationID) in [
            ("key-3002", nil), (nil, "everybody's"), ("key-3002", "everybody's"), ("nobody's", nil), (nil, "nobody's"),
        ] {
            let filter = OrderFilter(
                status: status, customerID: customerID, keyDigest: key.map(TextDigest.bytes(of:)),
                correlationDigest: correlationID.map(TextDigest.bytes(of:)))
            for beforeID in [nil, Int64(4500), 3003, 300] {
                let cost = try cost(of: filter, beforeID: beforeID)
                #expect(
                    cost.rowsRead <= 4 * Self.limit,
                    "\(key ?? "") \(correlationID ?? ""), \(filter.description) below \(beforeID ?? .max): \(cost)")
            }
        }
    }

    private func cost(of filter: OrderFilter, beforeID: Int64?) throws -> (found: Int, rowsRead: Int64) {
        try harness.database.read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<OrderError>) throws(OrderError) in
            var found = 0
            let rowsRead = try session.rowsRead { (session) throws(OrderError) in
                found = try harness.app.orders.store.list(filter, beforeID: beforeID, limit: Self.limit, in: session)
                    .count
            }
            return (found, rowsRead)
        }
    }
}
