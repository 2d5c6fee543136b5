import BlockingTesting
import Concurrency
import DatabaseTesting
import JSON
import MySQL
import ServiceTesting
import SystemTesting
import Telemetry
import Testing

@testable import OrdersAPI

@Suite(.blocking) struct DemonstrationOrderTests {
    private let harness: ServiceHarness
    private let logger = Logger(service: "test", sink: LogSink { _ in })

    init() throws {
        harness = try ServiceHarness(customers: "http://127.0.0.1:9")
        try OrdersSeed(service: harness.app.products).run(logger)
    }

    private func add(_ count: Int) throws {
        try DemonstrationOrders(database: harness.database, logger: logger, screen: nil).add(count)
    }

    private func number(_ sql: SQL) throws -> Int64? {
        try harness.database.read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.queryFirst(sql) { (row) throws(DatabaseError) in try row.optionalInt64(0) } ?? nil
        }
    }

    @Test func `as many orders as were asked for are added each time, and all that is known of them adds up`() throws {
        // More than a batch, and no whole number of parts.
        for (round, count) in [5003, 1].enumerated() {
            try add(count)
            #expect(try number("SELECT COUNT(*) FROM orders") == Int64(5003 + round))
        }
        #expect(try number("SELECT COUNT(*) FROM orders WHERE status = 'CANCELED'") == 500)
        let violations = try OrderAudit(harness.database).violations()
        #expect(violations.filter { [.stock, .totals, .state].contains($0.rule) } == [])
        #expect(try number("SELECT COUNT(*) FROM order_items LEFT JOIN orders ON id = order_id WHERE id IS NULL") == 0)
        #expect(try number("SELECT CAST(SUM(stock) AS SIGNED) FROM products") == 400)
        #expect(try number("SELECT COUNT(*) FROM event_outbox") == 0, "Nobody hears of them.")
    }

    @Test func `their times follow their ids, after the orders that are there, and reach back over months`() throws {
        try add(600)
        let first = try number("SELECT MIN(id) FROM orders")
        #expect(try number("SELECT TIMESTAMPDIFF(SECOND, MIN(created_at), UTC_TIMESTAMP(6)) FROM orders") ?? 0 > 11_900)
        try add(600)
        #expect(
            try number(
                """
                SELECT COUNT(*) FROM orders AS earlier JOIN orders AS later ON later.id = earlier.id + 1
                WHERE later.created_at < earlier.created_at
                """) == 0)
        #expect(try number("SELECT MIN(id) FROM orders") == first)
        #expect(try number("SELECT COUNT(*) FROM orders WHERE created_at > UTC_TIMESTAMP(6)") == 0)
    }

    @Test func `lists show them page by page`() throws {
        try add(250)
        let list = harness.client.get("/admin/orders/find-all?limit=100&status=CONFIRMED")
        #expect(list.status == 200 && list.data.array?.count == 100)
        let id = try #require(list.data.array?.first?["id"]?.integer)
        #expect(harness.find(id).status == 200)
    }
}
