import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import ScriptedServer
import ServiceTesting
import Testing

/// The customer is asked for first, and yet the key decides before the customer does.
@Suite(.blocking) struct CustomerFirstTests {
    /// Expects that a call was refused and left nothing.
    private func expectRefused(
        _ reply: Reply, _ status: Int, _ code: String, _ backend: Backend, orders: Int64 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(reply.status == status, "\(reply)", sourceLocation: sourceLocation)
        #expect(reply.code == code, sourceLocation: sourceLocation)
        #expect(reply.json["success"] == .bool(false), sourceLocation: sourceLocation)
        #expect(reply.json["instance"] == .string(ServiceHarness.path), sourceLocation: sourceLocation)
        #expect(try backend.orderCount == orders, sourceLocation: sourceLocation)
    }

    @Test func `a customer deactivated between two repetitions changes nothing for a key that has its order`() throws {
        let backend = try Backend()
        let harness = try backend.harness()
        let first = harness.call(backend.ana, [(backend.chair, 2)], key: "key-1")
        #expect(first.status == 201, "\(first)")
        #expect(backend.customers.patch("/admin/customers/logic-delete/\(backend.ana)").status == 200)
        let second = harness.call(backend.ana, [(backend.chair, 2)], key: "key-1")
        #expect(second.status == 201, "\(second)")
        #expect(second.isReplay)
        #expect(second.data == first.data)
        let other = harness.call(backend.ana, [(backend.chair, 3)], key: "key-1")
        #expect(other.code == "idempotency-key-reused")
        try expectRefused(
            harness.call(backend.ana, [(backend.chair, 2)], key: "key-2"), 422, "customer-inactive", backend, orders: 1)
    }

    @Test func `who was refused may order under the same key once they are active`() throws {
        let backend = try Backend()
        let harness = try backend.harness()
        #expect(backend.customers.patch("/admin/customers/logic-delete/\(backend.ana)").status == 200)
        for _ in 0..<2 {
            let reply = harness.call(backend.ana, [(backend.chair, 1)], key: "key-1")
            try expectRefused(reply, 422, "customer-inactive", backend)
            #expect(!reply.isReplay)
        }
        let patch = backend.customers.patch("/admin/customers/update/\(backend.ana)", #"{"is_active":true}"#)
        #expect(patch.status == 200)
        #expect(harness.call(backend.ana, [(backend.chair, 1)], key: "key-1").status == 201)
    }

    @Test func `with the Customers API down a known key has its answer, and a new one is told when to come back`()
        throws
    {
        let backend = try Backend()
        let first = try backend.harness().call(backend.ana, [(backend.chair, 2)], key: "key-1")
        #expect(first.status == 201, "\(first)")
        let cutOff = try backend.createStep([(backend.chair, 1)], of: "key-2")
        let harness = try ServiceHarness(customers: "http://127.0.0.1:1", orders: backend.ordersURL)
        let again = harness.call(backend.ana, [(backend.chair, 2)], key: "key-1")
        #expect(again.status == 201, "\(again)")
        #expect(again.data == first.data)
        #expect(again.isReplay)
        let resumed = harness.call(backend.ana, [(backend.chair, 1)], key: "key-2")
        #expect(resumed.status == 201, "\(resumed)")
        #expect(resumed.data["order"]?["id"] == .integer(cutOff))
        let new = harness.call(backend.ana, [(backend.chair, 1)], key: "key-3")
        try expectRefused(new, 503, "customers-unavailable", backend, orders: 2)
        #expect(new.headers["Retry-After"] == "2")
        #expect(new.json["retryable"] == .bool(true))
    }

    @Test func `a Customers API that fails is asked again by one layer only`() throws {
        let customers = try ActiveCustomers(("503 Service Unavailable", "{}"))
        let backend = try Backend(customersOfAll: customers.url)
        let harness = try backend.harness()
        try expectRefused(
            harness.call(1, [(backend.chair, 1)], key: "key-1"), 503, "customers-unavailable", backend)
        #expect(customers.requests.count == 3)
        let metrics = String(decoding: harness.client.get("/metrics").body, as: UTF8.self)
        #expect(metrics.contains(#"dependency_calls_total{dependency="customers-api",event="retry"} 2"#))
    }

    @Test func `a customer who may order is asked for once a call`() throws {
        let customers = try ActiveCustomers()
        let backend = try Backend(customersOfAll: customers.url)
        let harness = try backend.harness()
        for _ in 0..<2 { #expect(harness.call(1, [(backend.chair, 1)], key: "key-1").status == 201) }
        #expect(customers.requests.count == 2)
        #expect(try backend.orderCount == 1)
    }

    @Test func `a Customers API that stalls leaves time for a key that is known`() throws {
        let stalled = try ScriptedServer { $0.waitForEnd() }
        defer { stalled.stop() }
        let backend = try Backend()
        let id = try backend.createStep([(backend.chair, 2)], of: "key-1")
        let harness = try ServiceHarness(customers: stalled.url, orders: backend.ordersURL)
        let known = harness.call(backend.ana, [(backend.chair, 2)], key: "key-1", timeoutMilliseconds: 2000)
        #expect(known.status == 201, "\(known)")
        #expect(known.data["order"]?["id"] == .integer(id))
        let new = harness.call(backend.ana, [(backend.chair, 2)], key: "key-2", timeoutMilliseconds: 2000)
        try expectRefused(new, 503, "customers-unavailable", backend, orders: 1)
    }

    @Test func `while the Customers API stalls half of the workers wait for it, and no more`() throws {
        let stalled = try ScriptedServer { $0.waitForEnd() }
        defer { stalled.stop() }
        let backend = try Backend()
        let harness = try ServiceHarness(customers: stalled.url, orders: backend.ordersURL, ["WORKERS_MAX": "4"])
        let replies = try inParallel(6) { number in
            harness.call(backend.ana, [(backend.chair, 1)], key: "key-\(number)", timeoutMilliseconds: 4000)
        }
        #expect(replies.allSatisfy { $0.code == "customers-unavailable" }, "\(replies)")
        #expect(stalled.acceptedCount == 2)
        let metrics = String(decoding: harness.client.get("/metrics").body, as: UTF8.self)
        #expect(metrics.contains(#"dependency_calls_total{dependency="customers-api",event="refused"} 4"#))
    }

    @Test func `the question carries token, correlation, trace and the time that is left`() throws {
        let customers = try ActiveCustomers(("404 Not Found", #"{"code":"customer-not-found"}"#))
        let backend = try Backend()
        let harness = try ServiceHarness(customers: customers.url, orders: backend.ordersURL)
        let reply = harness.client.with("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .with("X-Request-Timeout-Ms", "6000")
            .post(ServiceHarness.path, callBody(7, [(backend.chair, 3)], key: "key-1", correlationID: "req-9"))
        try expectRefused(reply, 404, "customer-not-found", backend)
        let request = try #require(customers.requests.first)
        #expect(request.line == "GET /admin/customers/internal/customers/7 HTTP/1.1")
        #expect(request.header("authorization") == "Bearer \(TestTokens.service)")
        #expect(request.header("x-correlation-id") == "req-9")
        #expect(request.header("traceparent")?.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") == true)
        let left = try #require(request.header("x-request-timeout-ms").flatMap { Int($0) })
        #expect(1...2000 ~= left)
    }

    @Test func `who serves orders only is not ready`() throws {
        let backend = try Backend()
        let harness = try ServiceHarness(customers: "http://127.0.0.1:1", orders: backend.ordersURL)
        #expect(harness.client.get("/health/ready").code == "not-ready")
        let checks = harness.client.with(token: TestTokens.service).get("/health/detailed").json["checks"]?.array ?? []
        #expect(checks.map { $0["name"]?.string } == ["customers-api", "orders-api"])
        #expect(checks.map { $0["status"]?.string } == ["fail", "pass"])
        #expect(checks.first?["detail"] == .string("The Customers API does not answer."))
        #expect(try backend.harness().client.get("/health/ready").status == 200)
    }

    /// Behind a balancer others serve meanwhile: who is asked for orders must not be taken out as well.
    @Test(arguments: [("shutting-down", 200), ("not-ready", 503)])
    func `an instance that is shutting down does not make those unready who need the service`(
        code: String, status: Int
    ) throws {
        let backend = try Backend()
        let customers = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                guard connection.reply("503 Service Unavailable", body: #"{"code":"\#(code)"}"#) else { return }
            }
        }
        defer { customers.stop() }
        let harness = try ServiceHarness(customers: customers.url, orders: backend.ordersURL)
        #expect(harness.client.get("/health/ready").status == status)
    }
}
