import BlockingTesting
import DatabaseTesting
import HTTPMessages
import JSON
import ServiceTesting
import Testing

@Suite(.blocking) struct OutageTests {
    @Test func `a database that is killed is reported, and used again when it is back`() throws {
        let server = try DedicatedTestServer()
        let customers = try CustomersRoom()
        let harness = try ServiceHarness(customers: customers.url, on: server)
        let chair = try harness.product("chair")
        #expect(harness.order(customers.ana, [(chair, 1)], key: "key-1").status == 201)
        server.kill9()
        for reply in [
            harness.order(customers.ana, [(chair, 1)], key: "key-2"), harness.confirm(1, key: "key-3"),
            harness.client.get("/admin/orders/find-all"),
        ] {
            #expect(reply.status == 503, "\(reply)")
            #expect(reply.code == "database-unavailable")
            #expect(reply.headers["Retry-After"] == "1")
            #expect(reply.json["retryable"] == .bool(true))
        }
        #expect(harness.client.get("/health/live").status == 200)
        #expect(harness.client.get("/health/ready").code == "not-ready")
        try server.start()
        let order = harness.order(customers.ana, [(chair, 1)], key: "key-2")
        #expect(order.status == 201, "\(order)")
        #expect(harness.order(customers.ana, [(chair, 1)], key: "key-1").isReplay)
        #expect(try harness.stock(chair) == 8)
        #expect(eventually { harness.client.get("/health/ready").status == 200 })
    }
}
