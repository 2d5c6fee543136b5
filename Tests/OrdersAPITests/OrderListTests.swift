import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import MySQL
@testable import OrdersAPI
import ServiceTesting
import Telemetry
import Testing

@Suite(.blocking) struct OrderListTests {
    static let path = "/admin/orders/find-all"
    private let harness: ServiceHarness

    /// The list needs no customers: its orders are written straight into the schema.
    init() throws { harness = try ServiceHarness(customers: "http://127.0.0.1:1") }

    /// Orders of customers 1 to 10 in turn, one a minute from noon on; every fourth CONFIRMED, every fifth CANCELED.
    private func fill(_ count: Int) throws {
        try harness.database.change(
            """
            INSERT INTO orders (customer_id, customer_name, customer_email, customer_phone, status, total_cents, created_at)
            SELECT number MOD 10 + 1, 'Ana', 'ana@example.com', '555',
                CASE WHEN number MOD 4 = 0 THEN 'CONFIRMED' WHEN number MOD 5 = 0 THEN 'CANCELED' ELSE 'CREATED' END,
                1000, '2026-01-01 12:00:00' + INTERVAL number MINUTE
            FROM \(SQL.numbers(below: count)) ORDER BY number
            """)
    }

    /// Every order that a filter shows, walked page by page.
    private func walk(_ filter: String, limit: Int = 7) throws -> [JSONValue] {
        var rows: [JSONValue] = []
        var cursor: String?
        repeat {
            let page = harness.client.get(
                "\(Self.path)?limit=\(limit)\(filter)" + (cursor.map { "&cursor=\($0)" } ?? ""))
            try #require(page.status == 200, "\(page)")
            rows += page.data.array ?? []
            cursor = page.nextCursor
        } while cursor != nil
        return rows
    }

    @Test func `orders are listed newest first with their items`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url)
        let chair = try harness.product("chair")
        let ids = (0..<3).map { _ in harness.order(customers.ana, [(chair, 1)]).id }
        let page = harness.client.get("\(Self.path)?limit=2")
        #expect(page.ids == [ids[2], ids[1]])
        #expect(page.data.array?.first == harness.find(ids[2]).data)
        #expect(page.data.array?.last?["items"]?.array?.count == 1)
        let cursor = try #require(page.nextCursor)
        #expect(harness.client.get("\(Self.path)?limit=2&cursor=\(cursor)").ids == [ids[0]])
        #expect(harness.client.get("\(Self.path)?status=CREATED&limit=2&cursor=\(cursor)").code == "invalid-cursor")
    }

    @Test func `each filter, and all together, show what they say and nothing else`() throws {
        try fill(200)
        let all = try walk("")
        #expect(all.count == 200)
        let noon = "2026-01-01T12:00:00Z"
        func expected(_ holds: (JSONValue) -> Bool) -> [JSONValue] { all.filter(holds) }
        for status in ["CREATED", "CONFIRMED", "CANCELED"] {
            let found = try walk("&status=\(status)")
            #expect(!found.isEmpty)
            #expect(found == expected { $0["status"] == .string(status) })
        }
        #expect(try walk("&customer_id=3") == expected { $0["customer_id"] == .integer(3) })
        let from = "2026-01-01T13:00:00.000000Z"
        let to = "2026-01-01T14:00:00.000000Z"
        let window = expected { from..<to ~= ($0["created_at"]?.string ?? "") }
        #expect(window.count == 60, "The first minute belongs to the window, the last does not.")
        #expect(try walk("&from=\(from)&to=\(to)") == window)
        #expect(try walk("&from=2026-01-01T15:00:00%2B02:00&to=2026-01-01T14:00:00Z") == window)
        #expect(try walk("&to=\(noon)") == [])
        #expect(try walk("&from=\(noon)") == all)
        let every = window.filter { $0["status"] == .string("CONFIRMED") && $0["customer_id"] == .integer(5) }
        #expect(!every.isEmpty)
        #expect(try walk("&status=CONFIRMED&customer_id=5&from=\(from)&to=\(to)", limit: 1) == every)
    }

    @Test func `a query's mistakes are said at once`() throws {
        let reply = harness.client.get(
            "\(Self.path)?status=created&customer_id=0&from=yesterday&to=2026-02-30T00:00:00Z&limit=0")
        #expect(reply.status == 422)
        #expect(
            reply.violations == [
                "status unknown-value", "customer_id range", "from format", "to format", "limit range",
            ])
    }
}
