import BlockingTesting
import Concurrency
import CustomerErasures
import DatabaseTesting
import JSON
import MySQL
import ServiceTesting
import Testing

@testable import OrdersAPI

@Suite(.blocking) struct OrderErasureTests {
    private static let planted = ["ana torres", "ana@example.com", "+593 99 123 4567"]

    private func erase(_ customers: RunningCustomers, _ id: Int64) {
        let reply = customers.client.patch("/admin/customers/erase/\(id)")
        #expect(reply.status == 200, "\(reply)")
    }

    private func snapshotOrder(_ harness: ServiceHarness, _ customer: Int64, _ product: Int64, key: String) -> Reply {
        harness.client.with(token: TestTokens.service).with(key: key).post(
            "/admin/orders/internal/create-order",
            """
            {"customer_id":\(customer),"items":[{"product_id":\(product),"qty":1}],
            "customer":{"name":"Ana Torres","email":"ana@example.com","phone":"+593 99 123 4567"}}
            """)
    }

    @Test func `orders and the replies to their keys lose the customer, and nothing else`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url)
        let product = try harness.product("chair")
        let other = try customers.another()
        let (ana, eva) = (
            harness.order(customers.ana, [(product, 1)], key: "ana"),
            harness.order(other, [(product, 1)], key: "eva")
        )
        #expect(ana.status == 201 && eva.status == 201)
        let confirmed = harness.confirm(ana.id, key: "confirm")
        #expect(confirmed.data["customer"]?["name"] == .string("Ana Torres"))
        let canceled = harness.client.with(key: "cancel").post("/admin/orders/\(ana.id)/cancel")
        #expect(canceled.status == 200)
        erase(customers, customers.ana)
        harness.app.erasures.run(graceSeconds: 0)

        #expect(try harness.database.stored(Self.planted) == [])
        let found = harness.find(ana.id)
        #expect(found.data["customer"] == .null && found.data["customer_id"] == .integer(customers.ana), "\(found)")
        #expect(found.data["status"] == .string("CANCELED"))
        for (first, again) in [
            (ana, harness.order(customers.ana, [(product, 1)], key: "ana")),
            (confirmed, harness.confirm(ana.id, key: "confirm")),
            (canceled, harness.client.with(key: "cancel").post("/admin/orders/\(ana.id)/cancel")),
        ] {
            #expect(again.isReplay && again.status == first.status, "\(again)")
            let order = try #require(first.data.object)
            #expect(again.data == .object(order.replacing("customer", with: .null)))
        }
        #expect(harness.order(other, [(product, 1)], key: "eva").body == eva.body)
        #expect(harness.find(eva.id).data["customer"]?["name"] == .string("Eva"))
        #expect(try harness.orderCount == 2)
        #expect(try harness.stock(product) == 9)
        #expect(try harness.database.number("SELECT COUNT(*) FROM customer_erasures WHERE run_at IS NULL") == 1)
    }

    @Test func `who was erased orders nothing more`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url)
        let product = try harness.product("chair")
        erase(customers, customers.ana)
        let reply = harness.order(customers.ana, [(product, 1)], key: "late")
        #expect(reply.status == 422 && reply.code == "customer-inactive", "\(reply)")
    }

    @Test func `what was on its way with the customer's data is erased by the second pass`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url)
        let product = try harness.product("chair")
        erase(customers, customers.ana)
        harness.app.erasures.run()
        let late = snapshotOrder(harness, customers.ana, product, key: "late")
        #expect(late.status == 201, "\(late)")
        harness.app.erasures.run()
        #expect(try !harness.database.stored(Self.planted).isEmpty, "It is not due again yet.")
        try harness.database.change("UPDATE customer_erasures SET run_at = UTC_TIMESTAMP(6)")
        harness.app.erasures.run()
        #expect(try harness.database.stored(Self.planted) == [])
        #expect(snapshotOrder(harness, customers.ana, product, key: "late").isReplay)
        #expect(try harness.orderCount == 1)
    }

    @Test func `a change that holds its order meanwhile leaves nothing in its reply`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url)
        let product = try harness.product("chair")
        let id = harness.order(customers.ana, [(product, 1)], key: "ana").id
        erase(customers, customers.ana)
        let isErased = Lock(false)
        let thread = try harness.database.transaction(by: .after(milliseconds: 20_000)) {
            (transaction: borrowing Transaction<OrderError>) throws(OrderError) -> Concurrency.Thread? in
            let (order, now) = try OrderStore().lock(id: id, in: transaction)!
            let thread = Thread.start {
                harness.app.erasures.run()
                isErased.withLock { $0 = true }
            }
            // It waits for 2 s at most; where nobody saw it wait, it is done or has given up.
            let end = Deadline.after(milliseconds: 1500)
            while !end.hasPassed, (try? harness.database.lockWaits()) != 1 { Thread.sleep(milliseconds: 5) }
            let confirmed = try order.confirmed(at: now)
            try harness.app.orders.write(confirmed, after: order, nil, in: transaction)
            try transaction.execute(
                """
                INSERT INTO idempotency_keys (scope, idempotency_key, fingerprint, status_code, response_body,
                    created_at, expires_at)
                SELECT 'confirmOrder:1', 'meanwhile', fingerprint, 200, response_body, created_at, expires_at
                FROM idempotency_keys WHERE idempotency_key = 'ana'
                """)
            return thread
        }
        thread?.join()
        #expect(isErased.withLock { $0 })
        #expect(try harness.database.stored(Self.planted) == [])
        #expect(harness.find(id).data["status"] == .string("CONFIRMED"))
    }

    @Test func `thousands of orders are erased in steps, and one that was stopped is gone on with`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url)
        let product = try harness.product("chair")
        _ = harness.order(customers.ana, [(product, 1)], key: "ana")
        try harness.database.change(
            """
            INSERT INTO orders (version, customer_id, customer_name, customer_email, customer_phone, status, total_cents,
                created_at)
            SELECT 0, customer_id, customer_name, customer_email, customer_phone, 'CANCELED', 1, created_at
            FROM orders, \(SQL.numbers(below: 2400))
            """)
        erase(customers, customers.ana)
        let left: SQL = "SELECT COUNT(*) FROM orders WHERE customer_name <> ''"
        // Asked before each step, and between the parts: after the second step it says to stop.
        let asked = Lock(0)
        harness.app.erasures.run(
            StopToken {
                asked.withLock { $0 += 1 }
                return (try? harness.database.number(left)) ?? 0 <= 1401
            })
        #expect(try harness.database.number(left) == 1401)
        #expect(try harness.database.number("SELECT COUNT(*) FROM customer_erasures WHERE passes = 0") == 1)
        harness.app.erasures.run()
        #expect(try harness.database.number(left) == 0)
        #expect(try harness.database.stored(Self.planted) == [])
    }

    @Test func `an instance follows the list through outages, and a Customers API that was put back`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url)
        let product = try harness.product("chair")
        _ = harness.order(customers.ana, [(product, 1)], key: "ana")
        erase(customers, customers.ana)
        let lost = try ServiceHarness(customers: "http://127.0.0.1:1")
        lost.app.erasures.run(graceSeconds: 0)
        #expect(try lost.database.number("SELECT COUNT(*) FROM customer_erasures") == 0)
        // A day ago, by the clock of what was put back since; then the customer was erased once more.
        harness.app.erasures.run(graceSeconds: 0)
        try harness.database.change(
            "UPDATE customer_erasures SET erased_at = erased_at - INTERVAL 1 DAY")
        _ = snapshotOrder(harness, customers.ana, product, key: "put-back")
        #expect(try !harness.database.stored(Self.planted).isEmpty)
        harness.app.erasures.run(graceSeconds: 0)
        #expect(try harness.database.stored(Self.planted) == [])
    }
}
