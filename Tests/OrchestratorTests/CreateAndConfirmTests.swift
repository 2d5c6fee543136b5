import BlockingTesting
import HTTPMessages
import JSON
import ServiceTesting
import Testing

@Suite(.blocking) struct CreateAndConfirmTests {
    private let backend: Backend
    private let harness: ServiceHarness

    init() throws {
        backend = try Backend()
        harness = try backend.harness()
    }

    /// The bytes of the member `data`, as they stand in the reply.
    private func dataBytes(_ reply: Reply) throws -> Substring {
        let text = String(decoding: reply.body, as: UTF8.self)
        return try #require(text.split(separator: #","data":"#, maxSplits: 1).last)
    }

    @Test func `an order is made and confirmed in one call`() throws {
        let reply = harness.client.post(
            ServiceHarness.path, callBody(backend.ana, [(backend.chair, 2)], key: "key-1", correlationID: "req-456"))
        #expect(reply.status == 201, "\(reply)")
        #expect(reply.json.names == ["success", "correlationId", "data"])
        #expect(reply.json["success"] == .bool(true))
        #expect(reply.json["correlationId"] == .string("req-456"))
        #expect(reply.headers["X-Correlation-Id"] == "req-456")
        #expect(reply.headers["Idempotency-Replayed"] == nil)
        #expect(reply.data.names == ["customer", "order"])
        #expect(reply.data["customer"]?.names == ["id", "name", "email", "phone"])
        #expect(reply.data["customer"]?["name"] == .string("Ana Torres"))
        #expect(reply.data["order"]?.names == ["id", "status", "total_cents", "items"])
        #expect(reply.data["order"]?["status"] == .string("CONFIRMED"))
        #expect(reply.data["order"]?["total_cents"] == .integer(2000))
        #expect(
            reply.data["order"]?["items"]?.array?.map(\.names) == [
                ["product_id", "sku", "name", "qty", "unit_price_cents", "subtotal_cents"]
            ])
        let id = try #require(reply.data["order"]?["id"]?.integer)
        #expect(backend.orders.get("/admin/orders/find-one/\(id)").data["status"] == .string("CONFIRMED"))
        #expect(try backend.stock == 8)
    }

    @Test func `the Orders API finds the order by its caller's key and correlation id`() throws {
        let reply = harness.client.post(
            ServiceHarness.path, callBody(backend.ana, [(backend.chair, 2)], key: "key-1", correlationID: "req-456"))
        let id = try #require(reply.data["order"]?["id"]?.integer)
        for query in [
            "idempotency_key=key-1", "correlation_id=req-456", "idempotency_key=key-1&correlation_id=req-456",
        ] {
            #expect(backend.orders.get("/admin/orders/find-all?\(query)").ids == [id], "\(query)")
        }
        #expect(backend.orders.get("/admin/orders/find-all?idempotency_key=key-2").ids == [])
    }

    @Test func `a repetition has the same status and the same data, byte for byte`() throws {
        let first = harness.call(backend.ana, [(backend.chair, 2)], key: "key-1")
        #expect(first.status == 201, "\(first)")
        #expect(backend.customers.patch("/admin/customers/logic-delete/\(backend.ana)").status == 200)
        let patch = backend.orders.patch(
            "/admin/products/update/\(backend.chair)", #"{"price_cents":7,"name":"other","is_active":false}"#)
        #expect(patch.status == 200)
        let second = try backend.harness().call(backend.ana, [(backend.chair, 2)], key: "key-1")
        #expect(second.status == 201, "\(second)")
        #expect(second.isReplay)
        #expect(try dataBytes(second) == dataBytes(first))
        #expect(try backend.orderCount == 1)
        #expect(try backend.stock == 8)
    }

    @Test func `a call cut off between its steps is resumed, though the customer was deactivated meanwhile`() throws {
        let id = try backend.createStep([(backend.chair, 2)], of: "key-1")
        #expect(backend.customers.patch("/admin/customers/logic-delete/\(backend.ana)").status == 200)
        let reply = harness.call(backend.ana, [(backend.chair, 2)], key: "key-1")
        #expect(reply.status == 201, "\(reply)")
        #expect(reply.data["order"]?["id"] == .integer(id))
        let new = harness.call(backend.ana, [(backend.chair, 2)], key: "key-2")
        #expect(new.code == "customer-inactive")
    }

    @Test func `an order canceled between the steps fails the call, alike each time, and holds no stock`() throws {
        let id = try backend.createStep([(backend.chair, 2)], of: "key-1")
        #expect(backend.orders.post("/admin/orders/\(id)/cancel").status == 200)
        for _ in 0..<2 {
            let reply = harness.call(backend.ana, [(backend.chair, 2)], key: "key-1")
            #expect(reply.status == 409, "\(reply)")
            #expect(reply.code == "order-not-confirmable")
            #expect(reply.json["success"] == .bool(false))
        }
        #expect(try backend.stock == 10)
        #expect(try backend.orderCount == 1)
    }

    @Test func `an order that expired between the steps fails the call, alike each time, and holds no stock`() throws {
        _ = try backend.createStep([(backend.chair, 2)], of: "key-1")
        #expect(try backend.sweep(afterMinutes: 16) == 1)
        for _ in 0..<2 {
            let reply = harness.call(backend.ana, [(backend.chair, 2)], key: "key-1")
            #expect(reply.status == 409, "\(reply)")
            #expect(reply.code == "order-expired")
        }
        #expect(try backend.stock == 10)
    }

    @Test func `an order that somebody else confirmed is what the caller wanted`() throws {
        let id = try backend.createStep([(backend.chair, 2)], of: "key-1")
        #expect(backend.orders.with(key: "somebody").post("/admin/orders/\(id)/confirm").status == 200)
        for _ in 0..<2 {
            let reply = harness.call(backend.ana, [(backend.chair, 2)], key: "key-1")
            #expect(reply.status == 201, "\(reply)")
            #expect(reply.data["order"]?["id"] == .integer(id))
            #expect(reply.data["order"]?["status"] == .string("CONFIRMED"))
        }
        #expect(try backend.stock == 8)
    }

    @Test func `what a caller was told stays, even if somebody else confirmed the order and cancels it later`() throws {
        let id = try backend.createStep([(backend.chair, 2)], of: "key-1")
        #expect(backend.orders.with(key: "somebody").post("/admin/orders/\(id)/confirm").status == 200)
        let first = harness.call(backend.ana, [(backend.chair, 2)], key: "key-1")
        #expect(first.status == 201, "\(first)")
        #expect(backend.orders.post("/admin/orders/\(id)/cancel").status == 200)
        let second = harness.call(backend.ana, [(backend.chair, 2)], key: "key-1")
        #expect(second.status == 201, "\(second)")
        #expect(second.data == first.data)
        #expect(second.isReplay)
        #expect(try backend.stock == 10)
    }

    @Test func `what the Orders API refuses reaches the caller with its details`() throws {
        let short = harness.call(backend.ana, [(backend.chair, 11)], key: "key-1")
        #expect(short.status == 409, "\(short)")
        #expect(short.code == "insufficient-stock")
        #expect(short.json["products"]?.array?.first?["available"] == .integer(10))
        #expect(short.json["instance"] == .string(ServiceHarness.path))
        let unknown = harness.call(99, [(backend.chair, 1)], key: "key-2")
        #expect(unknown.status == 404)
        #expect(unknown.code == "customer-not-found")
        let product = harness.call(backend.ana, [(99, 1)], key: "key-3")
        #expect(product.status == 404)
        #expect(product.code == "product-not-found")
        for reply in [short, unknown, product] {
            #expect(reply.json["success"] == .bool(false))
            #expect(reply.json["correlationId"]?.string == reply.headers["X-Correlation-Id"])
            #expect(reply.headers["Content-Type"] == "application/problem+json")
        }
        #expect(try backend.orderCount == 0)
        #expect(try backend.stock == 10)
    }

    @Test func `a sum that does not fit is refused with its place`() throws {
        let patch = backend.orders.patch("/admin/products/update/\(backend.chair)", #"{"price_cents":9999999999}"#)
        #expect(patch.status == 200)
        let adjustment = backend.orders.with(key: "key-1").post(
            "/admin/products/\(backend.chair)/adjust-stock", #"{"delta":999990,"reason":"RECEIPT"}"#)
        #expect(adjustment.status == 200, "\(adjustment)")
        let reply = harness.call(backend.ana, [(backend.chair, 1_000_000)], key: "key-1")
        #expect(reply.status == 422, "\(reply)")
        #expect(reply.violations == ["/items range"])
    }
}
