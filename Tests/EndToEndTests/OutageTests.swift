import DatabaseTesting
import Foundation
import HTTPMessages
import JSON
import MySQL
import ScriptedServer
import SystemTesting
import Testing

extension EndToEndTests {
    struct OutageTests {
        @Test func `with the Customers API down an order is answered 503 with Retry-After, and nothing is written`()
            throws
        {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(stock: 10)
                system.customersProcess.end()
                let direct = try system.orders.send(
                    .post, "/admin/orders/create-order",
                    #"{"customer_id":\#(customer),"items":[{"product_id":\#(product),"qty":1}]}"#)
                let through = try system.placeOrder(customer, product, key: "down")
                for reply in [direct, through] {
                    #expect(reply.status == 503)
                    #expect(reply.code == "customers-unavailable")
                    #expect(reply.response.headers["Retry-After"] != nil)
                }
                #expect(try system.orderCount == 0)
                #expect(try system.count("SELECT COUNT(*) FROM idempotency_keys") == 0)
                #expect(try system.stock(of: product) == 10)
            }
        }

        @Test func `with the Orders API down the orchestrator is live, not ready, and answers 503`() throws {
            try withSystem { system in
                system.ordersProcess.end()
                let reply = try system.placeOrder(1, 1, key: "down")
                #expect(reply.status == 503)
                #expect(reply.code == "orders-unavailable")
                #expect(reply.response.headers["Retry-After"] != nil)
                #expect(try system.orchestrator.send(.get, "/health/live").status == 200)
                #expect(try system.orchestrator.send(.get, "/health/ready").status == 503)
            }
        }

        @Test func `while the Orders API stalls the orchestrator tells how it is, and refuses who would wait too`()
            throws
        {
            let stalled = try ScriptedServer { $0.waitForEnd() }
            defer { stalled.stop() }
            let system = try RunningSystem(
                ownSettings: [.orchestrator: ["ORDERS_API_BASE": stalled.url, "WORKERS_MAX": "8"]])
            defer { system.stop() }
            let callers = try inParallel(17) { number in
                guard number < 16 else {
                    // By then those who wait for a place have given up.
                    Thread.sleep(forTimeInterval: 2)
                    let start = uptimeNanoseconds()
                    #expect(try system.orchestrator.send(.get, "/health/live").status == 200)
                    #expect(try system.orchestrator.send(.get, "/metrics").status == 200)
                    let refused = try system.placeOrder(1, 1, key: "late")
                    #expect(refused.status == 503)
                    #expect(refused.code == "orders-unavailable")
                    #expect(refused.response.headers["Retry-After"] != nil)
                    #expect(uptimeNanoseconds() - start < 1_500_000_000)
                    return 0
                }
                return try system.placeOrder(
                    1, 1, key: "early-\(number)", headers: ["X-Request-Timeout-Ms": "4500"]
                ).status
            }
            // 7 of 8 workers may wait.
            #expect(callers.count { $0 == 504 } == 7, "\(callers)")
            #expect(callers.count { $0 == 503 } == 9, "\(callers)")
        }

        @Test func `a database that is down at the start is waited for: live, not ready, then ready`() throws {
            let server = try DedicatedTestServer()
            let schema = try server.makeSchema()
            server.stop()
            let process = try ServiceProcess(
                "CustomersAPI", environment: RunningSystem.environment(schema.configuration))
            defer { process.end() }
            let client = try RunningSystem.client(.customers, port: process.waitForPort())
            #expect(try client.send(.get, "/health/live").status == 200)
            #expect(try client.send(.get, "/health/ready").code == "not-ready")
            let reply = try client.send(.get, "/admin/customers/find-all")
            #expect(reply.status == 503)
            #expect(reply.code == "database-unavailable")
            #expect(reply.response.headers["Retry-After"] != nil)
            #expect(process.logLines.contains { $0["message"] == .string("database not available") })

            try server.start()
            try waitUntil { try client.send(.get, "/health/ready").status == 200 }
            #expect(try client.send(.get, "/admin/customers/find-all").status == 200)
            server.stop()
        }

        @Test func `a database lost while running is answered 503, and found again without a restart`() throws {
            let server = try DedicatedTestServer()
            let system = try RunningSystem(on: server.makeSchema())
            defer {
                system.stop()
                server.stop()
            }
            let customer = try system.makeCustomer()
            let product = try system.makeProduct(stock: 10)
            #expect(try system.placeOrder(customer, product, quantity: 1, key: "before").status == 201)
            server.kill9()
            let during = try system.placeOrder(customer, product, quantity: 1, key: "during")
            #expect(during.status == 503)
            #expect(during.response.headers["Retry-After"] != nil)
            #expect(try system.customers.send(.get, "/admin/customers/find-one/\(customer)").status == 503)
            #expect(try system.orders.send(.get, "/health/live").status == 200)
            try waitUntil { try system.orders.send(.get, "/health/ready").status == 503 }

            try server.start()
            try waitUntil { try system.orders.send(.get, "/health/ready").status == 200 }
            try waitUntil { try system.customers.send(.get, "/health/ready").status == 200 }
            #expect(try system.placeOrder(customer, product, quantity: 1, key: "during").status == 201)
            #expect(try system.placeOrder(customer, product, quantity: 1, key: "before").isReplay)
            #expect(try system.stock(of: product) == 8)
        }
    }
}
