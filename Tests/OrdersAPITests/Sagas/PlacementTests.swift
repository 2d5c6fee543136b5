import BlockingTesting
import Concurrency
import DatabaseTesting
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing

@testable import OrdersAPI

/// What customers ask for, and see, in HTTP.
@Suite(.blocking) struct PlacementTests {
    private static let path = "/api/v1/orders"

    @Test func `an order may be written in three ways, which are one under a key`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let client = harness.client.with(key: "k")
        let bodies = [
            #"{"items":[{"product_id":\#(product),"qty":3}]}"#, #"{"items":[{"productId":\#(product),"quantity":3}]}"#,
            #"{"productId":\#(product),"quantity":3}"#,
            #"{"items":[{"product_id":\#(product),"qty":1},{"productId":\#(product),"quantity":2}],"payment_method":null}"#,
        ]
        let replies = bodies.map { client.post(Self.path, $0) }
        #expect(replies.allSatisfy { $0.status == 202 && $0.body == replies[0].body }, "\(replies)")
        #expect(replies.map(\.isReplay) == [false, true, true, true])
        #expect(replies.allSatisfy { $0.headers["Location"] == replies[0].headers["Location"] })
        #expect(try harness.service.orderCount == 1 && harness.sagaCount == 1)
        let other = client.post(
            Self.path, #"{"productId":\#(product),"quantity":3,"payment_method":"pm_card_mastercard"}"#)
        #expect(other.code == "idempotency-key-reused")
    }

    @Test func `a key in the body counts as one in the header, and two that differ are refused`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        func body(_ key: String) -> String { #"{"productId":\#(product),"quantity":1,"idempotencyKey":\#(key)}"# }
        let first = harness.client.post(Self.path, body(#""k-1""#))
        #expect(first.status == 202 && !first.isReplay, "\(first)")
        let again = harness.client.post(Self.path, body(#""k-1""#))
        let byHeader = harness.client.with(key: "k-1").post(Self.path, body("null"))
        let byBoth = harness.client.with(key: "k-1").post(Self.path, body(#""k-1""#))
        for reply in [again, byHeader, byBoth] { #expect(reply.isReplay && reply.body == first.body, "\(reply)") }
        #expect(
            harness.client.with(key: "k-1").post(Self.path, body(#""k-2""#)).code == "idempotency-key-mismatch")
        #expect(harness.client.post(Self.path, body(#""a,b""#)).code == "invalid-idempotency-key")
        #expect(harness.client.post(Self.path, body("7")).violations == ["/idempotencyKey type"])
        #expect(try harness.service.orderCount == 1)
    }

    @Test func `a key belongs to its customer, and a lost reply is repeated after the order has ended`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let first = harness.place(product, key: "k")
        let eva = try harness.customers.another()
        let second = try harness.client(of: eva).with(key: "k").post(
            Self.path, #"{"productId":\#(product),"quantity":1}"#)
        #expect(second.status == 202 && !second.isReplay && second.json["orderId"] != first.json["orderId"])
        try harness.run()
        let again = harness.place(product, key: "k")
        #expect(again.isReplay && again.body == first.body && again.json["status"] == .string("PENDING"))
    }

    @Test func `what cannot be ordered is refused with all that is wrong`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let client = harness.client
        #expect(client.post(Self.path, "{}").violations == ["/items required"])
        #expect(client.post(Self.path, #"{"items":[]}"#).violations == ["/items empty"])
        let wrong = client.post(
            Self.path, #"{"items":[{"qty":0},{"productId":"x","quantity":2}],"payment_method":"a b"}"#)
        #expect(
            wrong.violations == [
                "/payment_method format", "/items/0/product_id required", "/items/0/qty range",
                "/items/1/productId type",
            ])
        #expect(client.post(Self.path, #"{"productId":1}"#).violations == ["/quantity required"])
        let many = client.post(
            Self.path, #"{"items":[{"product_id":1,"qty":1000000},{"productId":1,"quantity":1}]}"#)
        #expect(many.violations == ["/items range"])
        #expect(client.post(Self.path, #"{"productId":99,"quantity":1}"#).code == "product-not-found")
        #expect(harness.service.client.patch("/admin/products/logic-delete/\(product)").status == 200)
        #expect(client.post(Self.path, #"{"productId":\#(product),"quantity":1}"#).code == "product-inactive")
        #expect(try harness.service.orderCount == 0 && harness.sagaCount == 0)
    }

    @Test func `prices are those of the order's moment, and stock is asked for later`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A", priceCents: 500, stock: 0)
        let id = try harness.placed(product, 2)
        #expect(
            harness.service.client.patch("/admin/products/update/\(product)", #"{"price_cents":900}"#).status == 200)
        #expect(harness.service.adjust(product, 5, key: "r").status == 200)
        try harness.run()
        #expect(harness.order(id).data["total_cents"] == .integer(1000))
        #expect(harness.status(id) == "CONFIRMED" && harness.money.kept == 1000)
    }

    @Test func `an order of somebody else is as if there were none`() throws {
        let harness = try SagaHarness()
        let id = try harness.placed(try harness.service.product("A"))
        let eva = try harness.client(of: try harness.customers.another())
        for suffix in ["", "/status", "/history"] {
            #expect(eva.get("\(Self.path)/\(id)\(suffix)").code == "order-not-found", "\(suffix)")
            #expect(harness.client.get("\(Self.path)/\(id)\(suffix)").status == 200, "\(suffix)")
            #expect(harness.client.get("\(Self.path)/0\(suffix)").code == "order-not-found", "\(suffix)")
        }
        #expect(eva.post("\(Self.path)/\(id)/cancel").code == "order-not-found")
        #expect(eva.with(key: "k").post("\(Self.path)/\(id)/cancel").code == "order-not-found")
        #expect(eva.get(Self.path).ids == [])
        #expect(harness.client.get(Self.path).ids == [id])
        #expect(harness.status(id) == "PENDING")
        for token in [TestTokens.service, "x", ""] {
            let stranger = harness.service.client.with(token: token)
            #expect(stranger.get(Self.path).status == 401)
            #expect(stranger.post(Self.path, "{}").status == 401)
        }
    }

    @Test func `own orders come in pages, which another customer cannot go on with`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let ids = try (0..<3).map { _ in try harness.placed(product) }
        let page = harness.client.get("\(Self.path)?limit=2&status=PENDING")
        #expect(page.ids == [ids[2], ids[1]])
        let cursor = try #require(page.nextCursor)
        #expect(harness.client.get("\(Self.path)?limit=2&status=PENDING&cursor=\(cursor)").ids == [ids[0]])
        let eva = try harness.client(of: try harness.customers.another())
        #expect(eva.get("\(Self.path)?limit=2&status=PENDING&cursor=\(cursor)").code == "invalid-cursor")
        #expect(harness.client.get("\(Self.path)?status=EATEN").violations == ["status unknown-value"])
    }

    @Test func `the status has the order's version, and is waited for`() throws {
        let harness = try SagaHarness()
        let id = try harness.placed(try harness.service.product("A"))
        let target = "\(Self.path)/\(id)/status"
        let first = harness.client.get(target)
        #expect(first.headers["ETag"] == "\"1\"" && first.data["status"] == .string("PENDING"))
        #expect(first.data["version"] == .integer(1) && first.data["reason"] == .null)
        let known = harness.client.with("If-None-Match", "\"1\"")
        #expect(known.get(target).status == 304)
        let waiting = known.with("Prefer", "wait=10")
        let replies = try inParallel(2) { index -> Reply? in
            if index == 0 { return waiting.get(target) }
            Thread.sleep(milliseconds: 300)
            try? harness.run()
            return nil
        }
        let changed = try #require(replies[0])
        #expect(changed.status == 200 && changed.data["version"]?.integer ?? 0 > 1, "\(changed)")
        let start = Deadline.nowUptimeNanoseconds()
        let version = harness.client.get(target).headers["ETag"] ?? ""
        #expect(harness.client.with("If-None-Match", version).with("Prefer", "wait=1").get(target).status == 304)
        #expect(Deadline.nowUptimeNanoseconds() - start >= 900_000_000)
        #expect(harness.client.with("If-None-Match", "x").get(target).code == "invalid-header")
    }

    @Test func `a change by another process ends the wait as well`() throws {
        let harness = try SagaHarness()
        let other = try harness.service.anotherInstance()
        defer { other.close() }
        let watch = harness.service.app.orderWatch.makeWorker()
        #expect(watch.start())
        defer {
            watch.requestStop()
            #expect(watch.waitForEnd(by: .after(milliseconds: 5000)))
        }
        let id = try harness.placed(try harness.service.product("A"))
        let known = harness.client.with("If-None-Match", "\"1\"").with("Prefer", "wait=8")
        let replies = try inParallel(2) { index -> Reply? in
            if index == 0 { return known.get("\(Self.path)/\(id)/status") }
            Thread.sleep(milliseconds: 300)
            guard let runner = other.sagaRunner else { return nil }
            _ = try? runner.claim()
            runner.runQueued()
            _ = try? other.sequencer.run(by: .after(milliseconds: 5000))
            return nil
        }
        #expect(replies[0]?.status == 200, "\(String(describing: replies[0]))")
    }

    @Test func `asynchronous orders are off unless they are switched on, and then need a gateway`() throws {
        let harness = try SagaHarness(["ASYNC_ORDERS": "off"])
        let reply = harness.place(try harness.service.product("A"))
        #expect(reply.code == "not-ready", "\(reply)")
        #expect(harness.place(1, key: "k").code == "not-ready")
        try harness.database.change(
            """
            INSERT INTO idempotency_keys (scope, idempotency_key, fingerprint, status_code, response_body, created_at, expires_at)
            VALUES ('placeOrder@customer:1', 'k', REPEAT('x', 32), 202, '{}', UTC_TIMESTAMP(6),
                UTC_TIMESTAMP(6) + INTERVAL 1 DAY)
            """)
        #expect(harness.place(1, key: "k").code == "idempotency-key-reused", "The key decides first.")
        #expect(harness.client.get(Self.path).status == 200)
        #expect(throws: (any Error).self) { try SagaHarness(["PAYMENT_GATEWAY_URL": ""]) }
    }

    @Test func `health is told under the prefix as well`() throws {
        let harness = try SagaHarness()
        let client = harness.service.client
        for suffix in ["", "/live", "/ready"] {
            #expect(client.get("/api/v1/health\(suffix)").status == 200, "\(suffix)")
        }
        #expect(client.get("/api/v1/health/detailed").status == 401)
        #expect(client.with(token: TestTokens.service).get("/api/v1/health/detailed").status == 200)
    }

    @Test func `a key that another transaction holds is in use`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let ids = try (0..<4).map { _ in try harness.placed(product) }
        let admin = harness.service.client
        let requests: [@Sendable (_ key: String, _ id: Int64) -> Reply] = [
            { key, _ in harness.place(product, key: key) }, { key, id in harness.cancel(id, key: key) },
            { key, id in admin.with(key: key).post("/admin/sagas/\(id)/redrive") },
            { key, id in admin.with(key: key).post("/admin/sagas/\(id)/discard") },
        ]
        for (request, id) in zip(requests, ids) { #expect([200, 202].contains(request("first", id).status)) }
        let codes = try harness.database.transaction(by: .after(milliseconds: 20_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) -> [String] in
            try transaction.execute(
                """
                INSERT INTO idempotency_keys (scope, idempotency_key, fingerprint, status_code, response_body, created_at,
                    expires_at)
                SELECT scope, 'second', fingerprint, status_code, response_body, created_at, expires_at
                FROM idempotency_keys WHERE idempotency_key = 'first'
                """)
            let replies = try? inParallel(requests.count) { requests[$0]("second", ids[$0]).code }
            return replies ?? []
        }
        #expect(codes.dropLast() == ["idempotency-key-in-use", "idempotency-key-in-use", "idempotency-key-in-use"])
        // Its saga is gone.
        #expect(codes.last == "order-not-found")
    }
}
