import BlockingTesting
import Concurrency
import JSON
import MySQL
@testable import OrdersAPI
import ServiceTesting
import Telemetry
import Testing

@Suite(.blocking) struct OrderLifecycleTests {
    private let customers: RunningCustomers
    private let harness: ServiceHarness
    private let chair: Int64
    private let lamp: Int64

    init() throws {
        customers = try RunningCustomers()
        harness = try ServiceHarness(customers: customers.url)
        chair = try harness.product("chair")
        lamp = try harness.product("lamp")
    }

    private func made() throws -> Int64 {
        let reply = harness.order(customers.ana, [(chair, 2), (lamp, 3)])
        try #require(reply.status == 201, "\(reply)")
        return reply.id
    }

    private func expectStock(
        _ chairs: Int64, _ lamps: Int64, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(try harness.stock(chair) == chairs, sourceLocation: sourceLocation)
        #expect(try harness.stock(lamp) == lamps, sourceLocation: sourceLocation)
    }

    /// Lets some minutes pass for all orders, and sweeps.
    private func sweep(afterMinutes minutes: Int) throws -> Int {
        try harness.database.change("UPDATE orders SET created_at = created_at - INTERVAL \(minutes) MINUTE")
        return try harness.app.sweep.runOnce(by: .after(milliseconds: 20_000))
    }

    @Test func `confirming needs a key`() throws {
        let id = try made()
        let reply = harness.client.post("/admin/orders/\(id)/confirm")
        #expect(reply.status == 400, "\(reply)")
        #expect(reply.code == "idempotency-key-missing")
        #expect(harness.find(id).data["status"] == .string("CREATED"))
    }

    @Test func `an order is confirmed once, under one key`() throws {
        let id = try made()
        let first = harness.confirm(id, key: "key-1")
        #expect(first.status == 200, "\(first)")
        #expect(first.data["status"] == .string("CONFIRMED"))
        #expect(first.data["confirmed_at"]?.string?.hasSuffix("Z") == true)
        #expect(first.data["items"]?.array?.count == 2)
        #expect(harness.find(id).data == first.data)
        let again = harness.confirm(id, key: "key-1")
        #expect(again.status == 200)
        #expect(again.isReplay)
        #expect(again.body == first.body)
        let other = harness.confirm(id, key: "key-2")
        #expect(other.status == 409, "\(other)")
        #expect(other.code == "order-not-confirmable")
        #expect(other.json["order_status"] == .string("CONFIRMED"))
        try expectStock(8, 7)
    }

    @Test func `canceling gives the stock back once`() throws {
        let id = try made()
        try expectStock(8, 7)
        let first = harness.cancel(id)
        #expect(first.status == 200, "\(first)")
        #expect(first.data["status"] == .string("CANCELED"))
        #expect(first.data["canceled_at"]?.string?.hasSuffix("Z") == true)
        #expect(first.data["cancel_reason"] == .string("requested"))
        try expectStock(10, 10)
        let second = harness.cancel(id)
        #expect(second.status == 200)
        #expect(second.data == first.data)
        try expectStock(10, 10)
        let confirmed = harness.confirm(id, key: "key-1")
        #expect(confirmed.status == 409)
        #expect(confirmed.code == "order-not-confirmable")
    }

    @Test func `canceling under a key is answered alike the second time`() throws {
        let id = try made()
        let client = harness.client.with(key: "key-1")
        let first = client.post("/admin/orders/\(id)/cancel")
        let second = client.post("/admin/orders/\(id)/cancel")
        #expect(first.status == 200)
        #expect(second.isReplay)
        #expect(second.body == first.body)
        try expectStock(10, 10)
    }

    @Test func `a confirmed order can be canceled within the window, and not after it`() throws {
        let early = try made()
        let late = try made()
        for id in [early, late] { #expect(harness.confirm(id, key: "key").status == 200) }
        try harness.database.change(
            "UPDATE orders SET confirmed_at = confirmed_at - INTERVAL 9 MINUTE WHERE id = \(early)")
        try harness.database.change(
            "UPDATE orders SET confirmed_at = confirmed_at - INTERVAL 10 MINUTE WHERE id = \(late)")
        #expect(harness.cancel(early).data["status"] == .string("CANCELED"))
        let reply = harness.cancel(late)
        #expect(reply.status == 409, "\(reply)")
        #expect(reply.code == "order-not-cancelable")
        #expect(harness.find(late).data["status"] == .string("CONFIRMED"))
        try expectStock(8, 7)
    }

    @Test func `an order that nobody confirms is swept, and its stock given back once`() throws {
        let abandoned = try made()
        let confirmed = try made()
        #expect(harness.confirm(confirmed, key: "key").status == 200)
        #expect(try sweep(afterMinutes: 14) == 0)
        #expect(try sweep(afterMinutes: 2) == 1)
        #expect(try sweep(afterMinutes: 2) == 0)
        try expectStock(8, 7)
        #expect(harness.find(abandoned).data["status"] == .string("CANCELED"))
        #expect(harness.find(confirmed).data["status"] == .string("CONFIRMED"))
        let late = harness.confirm(abandoned, key: "key-1")
        #expect(late.status == 409, "\(late)")
        #expect(late.code == "order-expired")
        #expect(harness.confirm(abandoned, key: "key-1").isReplay)
        #expect(harness.cancel(abandoned).status == 200)
        try expectStock(8, 7)
    }

    @Test func `the sweep works off more orders than it looks for at a time`() throws {
        for _ in 0..<5 { #expect(harness.order(customers.ana, [(chair, 1)]).status == 201) }
        try harness.database.change(
            """
            INSERT INTO orders (customer_id, customer_name, customer_email, customer_phone, status, total_cents, created_at)
            SELECT customer_id, customer_name, customer_email, customer_phone, status, total_cents, created_at FROM orders
            """)
        for _ in 0..<5 {
            try harness.database.change(
                """
                INSERT INTO orders
                    (customer_id, customer_name, customer_email, customer_phone, status, total_cents, created_at)
                SELECT customer_id, customer_name, customer_email, customer_phone, status, total_cents, created_at
                FROM orders
                """)
        }
        try harness.database.change(
            """
            INSERT INTO order_items
            SELECT copy.id, line_number, product_id, sku, name, qty, unit_price_cents, subtotal_cents
            FROM orders AS copy JOIN order_items ON order_id = (SELECT MIN(id) FROM orders)
            WHERE copy.id NOT IN (SELECT order_id FROM order_items)
            """)
        #expect(try harness.orderCount == 320)
        #expect(try sweep(afterMinutes: 16) == 320)
        #expect(try harness.stock(chair) == 10 - 5 + 320)
    }

    @Test func `one order that cannot be swept does not keep the others from being swept`() throws {
        let broken = try made()
        let abandoned = try made()
        try harness.database.change("UPDATE order_items SET sku = 'no sku' WHERE order_id = \(broken)")
        #expect(try sweep(afterMinutes: 16) == 1)
        #expect(harness.find(abandoned).data["status"] == .string("CANCELED"))
        try expectStock(8, 7)
        try harness.database.change("UPDATE order_items SET sku = 'sku' WHERE order_id = \(broken)")
        #expect(try sweep(afterMinutes: 16) == 1)
        try expectStock(10, 10)
    }

    @Test func `an order that does not exist cannot be confirmed, canceled or found`() throws {
        for id in ["99", "0", "x", "-1"] {
            for reply in [
                harness.client.with(key: "key").post("/admin/orders/\(id)/confirm"),
                harness.client.post("/admin/orders/\(id)/cancel"), harness.client.get("/admin/orders/find-one/\(id)"),
            ] {
                #expect(reply.status == 404, "\(reply)")
                #expect(reply.code == "order-not-found")
            }
        }
    }
}
