import BlockingTesting
import Digests
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing

@Suite(.blocking) struct OrderIdempotencyTests {
    private let customers: RunningCustomers
    private let harness: ServiceHarness

    init() throws {
        customers = try RunningCustomers()
        harness = try ServiceHarness(customers: customers.url)
    }

    @Test func `a repetition is the first answer, though the world has moved on`() throws {
        let chair = try harness.product("chair", stock: 2)
        let first = harness.order(customers.ana, [(chair, 2)], key: "key-1")
        #expect(first.status == 201, "\(first)")
        #expect(customers.deactivate(customers.ana).status == 200)
        let patch = harness.client.patch("/admin/products/update/\(chair)", #"{"price_cents":7,"is_active":false}"#)
        #expect(patch.status == 200)
        customers.stop()
        let second = harness.order(customers.ana, [(chair, 2)], key: "key-1")
        #expect(second.status == 201, "\(second)")
        #expect(second.isReplay)
        #expect(second.body == first.body)
        #expect(second.headers["Location"] == first.headers["Location"])
        #expect(try harness.stock(chair) == 0)
        #expect(try harness.orderCount == 1)
    }

    @Test func `the same key for another order is refused`() throws {
        let chair = try harness.product("chair")
        #expect(harness.order(customers.ana, [(chair, 1)], key: "key-1").status == 201)
        let other = harness.order(customers.ana, [(chair, 2)], key: "key-1")
        #expect(other.status == 422)
        #expect(other.code == "idempotency-key-reused")
        #expect(try harness.stock(chair) == 9)
    }

    @Test func `two ways to ask for the same pieces are one order`() throws {
        let chair = try harness.product("chair")
        let lamp = try harness.product("lamp")
        let client = harness.client.with(key: "key-1")
        func body(_ items: String, _ more: String = "") -> String {
            #"{"customer_id":\#(customers.ana),"items":[\#(items)]\#(more)}"#
        }
        let (chairs, lamps) = (#"{"product_id":\#(chair),"qty":3}"#, #"{"product_id":\#(lamp),"qty":1}"#)
        let first = client.post(ServiceHarness.createPath, body("\(lamps),\(chairs)", #","sent_at":1"#))
        #expect(first.status == 201, "\(first)")
        for same in [
            body("\(chairs),\(lamps)", #","sent_at":2"#),
            body(#"{"qty":3.0,"product_id":\#(chair)},{"qty":1e0,"product_id":\#(lamp),"color":"red"}"#),
            body(#"{"product_id":\#(chair),"qty":1},\#(lamps),{"product_id":\#(chair),"qty":2}"#),
            body("\(chairs),\(lamps)", #","customer":{"id":\#(customers.ana),"name":"Somebody else"}"#),
        ] {
            let again = client.post(ServiceHarness.createPath, same)
            #expect(again.isReplay, "\(same): \(again)")
            #expect(again.body == first.body)
        }
        for other in [
            body(chairs), body("\(chairs),\(lamps),\(lamps)"), body(#"{"product_id":\#(chair),"qty":3},7"#),
            body("\(lamps),\(chairs)").replacing(#""customer_id":\#(customers.ana)"#, with: #""customer_id":99"#),
            #"{"customer_id":\#(customers.ana)}"#, "{}",
        ] {
            #expect(client.post(ServiceHarness.createPath, other).code == "idempotency-key-reused", "\(other)")
        }
        #expect(try harness.stock(chair) == 7)
        #expect(try harness.orderCount == 1)
    }

    @Test func `keys that were kept by the whole body answer the same bodies still`() throws {
        let chair = try harness.product("chair")
        let lamp = try harness.product("lamp")
        let body = newOrder(customers.ana, [(chair, 1), (lamp, 2)])
        let first = harness.client.with(key: "key-1").post(ServiceHarness.createPath, body)
        // The fingerprint was the digest of the body, its members sorted.
        let digest = SHA256.digest(Array(body.utf8))
        try harness.database.change("UPDATE idempotency_keys SET fingerprint = \(digest)")
        let again = harness.client.with(key: "key-1").post(ServiceHarness.createPath, body)
        #expect(again.isReplay, "\(again)")
        #expect(again.body == first.body)
    }

    @Test func `a refusal that tells of a state is kept under its key`() throws {
        let chair = try harness.product("chair", stock: 0)
        let lamp = try harness.product("lamp")
        let customer = try customers.another()
        #expect(harness.client.patch("/admin/products/logic-delete/\(lamp)").status == 200)
        #expect(customers.deactivate(customer).status == 200)
        let orders: [(code: String, customer: Int64, product: Int64)] = [
            ("insufficient-stock", customers.ana, chair), ("product-inactive", customers.ana, lamp),
            ("customer-inactive", customer, chair),
        ]
        let firsts = orders.map { harness.order($0.customer, [($0.product, 1)], key: $0.code) }
        #expect(harness.adjust(chair, 5, key: "more").status == 200)
        #expect(harness.client.patch("/admin/products/update/\(lamp)", #"{"is_active":true}"#).status == 200)
        #expect(customers.change(customer, #"{"is_active":true}"#).status == 200)
        for ((code, customer, product), first) in zip(orders, firsts) {
            #expect(first.code == code, "\(first)")
            let again = harness.order(customer, [(product, 1)], key: code)
            #expect(again.isReplay, "\(again)")
            #expect(again.body == first.body)
            let anew = harness.order(customer, [(product, 1)], key: "\(code)-new")
            #expect(anew.status == 201, "\(anew)")
        }
    }

    @Test func `what is not found is not kept under its key`() throws {
        let chair = try harness.product("chair")
        // Ids are given in ascending order.
        let (customer, product, order) = (customers.ana + 1, chair + 1, Int64(1))
        #expect(harness.order(customer, [(chair, 1)], key: "customer").code == "customer-not-found")
        #expect(harness.order(customers.ana, [(product, 1)], key: "product").code == "product-not-found")
        for path in ["confirm", "cancel"] {
            let reply = harness.client.with(key: "order").post("/admin/orders/\(order)/\(path)")
            #expect(reply.code == "order-not-found", "\(reply)")
        }
        for path in ["update", "logic-delete"] {
            let reply = harness.client.with(key: "product")
                .patch("/admin/products/\(path)/\(product)", path == "update" ? "{}" : "")
            #expect(reply.code == "product-not-found", "\(reply)")
        }
        #expect(harness.adjust(product, 1, key: "product").code == "product-not-found")
        #expect(try harness.keyCount == 0)
        #expect(try customers.another() == customer)
        #expect(try harness.product("lamp") == product)
        #expect(harness.order(customer, [(chair, 1)], key: "customer").status == 201)
        #expect(harness.order(customers.ana, [(product, 1)], key: "product").status == 201)
        let confirmed = harness.client.with(key: "order").post("/admin/orders/\(order)/confirm")
        #expect(confirmed.status == 200, "A node that lagged has caught up: \(confirmed)")
        #expect(harness.client.with(key: "order").post("/admin/orders/\(order)/cancel").status == 200)
        #expect(harness.adjust(product, 1, key: "product").status == 200)
    }

    @Test func `mistakes in the payload are not kept under the key`() throws {
        let dear = try harness.product("dear", priceCents: 9_999_999_999, stock: 1_000_000)
        let empty = harness.order(customers.ana, [], key: "key-1")
        #expect(empty.status == 422, "\(empty)")
        let overflow = harness.order(customers.ana, [(dear, 1_000_000)], key: "key-2")
        #expect(overflow.status == 422, "\(overflow)")
        #expect(try harness.keyCount == 0)
        #expect(harness.order(customers.ana, [(dear, 1)], key: "key-1").status == 201)
    }
}
