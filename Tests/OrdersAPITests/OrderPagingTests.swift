import BlockingTesting
import Digests
import HTTPMessages
import MySQL
@testable import OrdersAPI
import SeededRandom
import ServiceTesting
import Telemetry
import Testing

@Suite(.blocking) struct OrderPagingTests {
    /// What a filter looks at.
    private struct Row {
        var status: Order.Status
        let customer: Int64
        let key: String
        let correlationID: String
        let createdAt: Timestamp
    }

    private static let start = Timestamp("2026-01-01T12:00:00Z")
    private static let path = OrderListTests.path
    private let harness: ServiceHarness

    init() throws { harness = try ServiceHarness(customers: "http://127.0.0.1:1") }

    /// One order a minute; its time and its id may part by up to nine minutes, as with clocks that are not quite together.
    private func newRow(_ id: Int64, _ random: inout SeededRandom) throws -> Row {
        let start = try #require(Self.start)
        let row = Row(
            status: Order.Status.allCases.randomElement(using: &random) ?? .created,
            customer: .random(in: 1...3, using: &random), key: "key-\(Int.random(in: 1...3, using: &random))",
            correlationID: "call-\(Int.random(in: 1...2, using: &random))",
            createdAt: start.adding(seconds: Int(id) * 60 + .random(in: 0...540, using: &random)))
        try harness.database.change(
            """
            INSERT INTO orders
                (id, customer_id, customer_name, customer_email, customer_phone, status, total_cents, created_at, key_digest,
                correlation_digest)
            VALUES (\(id), \(row.customer), 'Ana', 'ana@example.com', '555', \(row.status.rawValue), 1000,
                \(row.createdAt.databaseText), \(TextDigest.bytes(of: row.key)), \(TextDigest.bytes(of: row.correlationID)))
            """)
        return row
    }

    /// Every combination of filters, and then some with other values.
    @Test func `each page of each filter is the model's, whatever came, changed and went before it`() throws {
        var random = SeededRandom("pages of orders")
        let start = try #require(Self.start)
        var rows: [Int64: Row] = [:]
        for id in 1...60 { rows[Int64(id)] = try newRow(Int64(id), &random) }
        var nextID: Int64 = 61
        for walk in 0..<64 {
            func time() -> Timestamp { start.adding(seconds: Int.random(in: 0...Int(nextID) * 60, using: &random)) }
            let key = walk & 16 == 0 ? nil : "key-\(Int.random(in: 1...3, using: &random))"
            let correlationID = walk & 32 == 0 ? nil : "call-\(Int.random(in: 1...2, using: &random))"
            let filter = OrderFilter(
                status: walk & 1 == 0 ? nil : Order.Status.allCases.randomElement(using: &random),
                customerID: walk & 2 == 0 ? nil : .random(in: 1...3, using: &random),
                keyDigest: key.map(TextDigest.bytes(of:)),
                correlationDigest: correlationID.map(TextDigest.bytes(of:)),
                from: walk & 4 == 0 ? nil : time(), to: walk & 8 == 0 ? nil : time())
            var list = WalkedList(rows) { row in
                (filter.status ?? row.status) == row.status && (filter.customerID ?? row.customer) == row.customer
                    && (key ?? row.key) == row.key && (correlationID ?? row.correlationID) == row.correlationID
                    && filter.from.map { row.createdAt >= $0 } ?? true && filter.to.map { row.createdAt < $0 } ?? true
            }
            let queryText =
                query(filter) + (key.map { "&idempotency_key=\($0)" } ?? "")
                + (correlationID.map { "&correlation_id=\($0)" } ?? "")
            var last: Int64?
            var cursor: String?
            repeat {
                let limit = Int.random(in: 1...6, using: &random)
                let page = harness.client.get(
                    "\(Self.path)?limit=\(limit)\(queryText)" + (cursor.map { "&cursor=\($0)" } ?? ""))
                let expected = list.page(after: last, limit: limit)
                try #require(page.ids == expected.ids, "\(filter.description): \(page)")
                try #require((page.nextCursor != nil) == expected.hasNext, "\(filter.description)")
                list.see(page.ids)
                cursor = page.nextCursor
                last = page.ids.last ?? last
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    let victim = list.rows.keys.sorted().randomElement(using: &random) ?? 1
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0:
                        list.set(nextID, try newRow(nextID, &random))
                        nextID += 1
                    case 1:
                        guard var row = list.rows[victim] else { continue }
                        row.status = Order.Status.allCases.randomElement(using: &random) ?? .created
                        try harness.database.change(
                            "UPDATE orders SET status = \(row.status.rawValue) WHERE id = \(victim)")
                        list.set(victim, row)
                    default:
                        try harness.database.change("DELETE FROM orders WHERE id = \(victim)")
                        list.set(victim, nil)
                    }
                }
            } while cursor != nil
            #expect(list.repeatedCount == 0)
            #expect(list.skippedCount == 0)
            rows = list.rows
        }
    }

    @Test func `a cursor of any list and filter serves that one alone`() throws {
        var random = SeededRandom("cursors of orders")
        for id in 1...4 { _ = try newRow(Int64(id), &random) }
        try harness.database.change(
            """
            UPDATE orders SET status = 'CREATED', customer_id = 1,
                correlation_digest = \(TextDigest.bytes(of: "odd")),
                key_digest = IF(id MOD 2, \(TextDigest.bytes(of: "odd")), \(TextDigest.bytes(of: "even")))
            """)
        for name in ["abc1", "abc2", "abc3"] { _ = try harness.product(name) }
        let early = "2026-01-01T00:00:00Z"
        let late = "2027-01-01T00:00:00Z"
        let targets =
            [
                "", "status=CREATED", "customer_id=1", "from=\(early)", "to=\(late)", "status=CREATED&customer_id=1",
                "from=\(early)&to=\(late)", "status=CREATED&customer_id=1&from=\(early)&to=\(late)", "to=\(early)",
                "idempotency_key=odd", "idempotency_key=even", "correlation_id=odd",
                "correlation_id=odd&idempotency_key=odd",
                "idempotency_key=odd&status=CREATED",
            ].map { "\(Self.path)?limit=1&\($0)" }
            + [
                "", "search=abc", "is_active=true", "search=abc&is_active=true", "search=abc1", "is_active=false",
                "stock_at_most=10", "stock_at_most=11", "stock_at_most=10&is_active=true",
                "stock_at_most=10&search=abc",
            ].map {
                "/admin/products/find-all?limit=1&\($0)"
            }
        let cursors = targets.compactMap { target in harness.client.get(target).nextCursor.map { (target, $0) } }
        #expect(cursors.count == targets.count - 3, "Three of the lists have no second page.")
        for (owner, cursor) in cursors {
            for target in targets {
                let reply = harness.client.get("\(target)&cursor=\(cursor)")
                if target == owner {
                    #expect(reply.status == 200)
                } else {
                    #expect(reply.status == 400, "\(owner)'s cursor in \(target): \(reply)")
                    #expect(reply.code == "invalid-cursor")
                }
            }
        }
    }

    private func query(_ filter: OrderFilter) -> String {
        var query = ""
        if let status = filter.status { query += "&status=\(status.rawValue)" }
        if let customerID = filter.customerID { query += "&customer_id=\(customerID)" }
        if let from = filter.from { query += "&from=\(from.rfc3339)" }
        if let to = filter.to { query += "&to=\(to.rfc3339)" }
        return query
    }
}
