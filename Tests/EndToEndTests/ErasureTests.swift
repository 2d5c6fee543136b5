import Concurrency
import DatabaseTesting
import Foundation
import HTTPMessages
import JSON
import MySQL
import ScriptedServer
import SystemTesting
import Testing

extension EndToEndTests {
    /// A customer's erasure through all services, as the built programs do it.
    struct ErasureTests {
        private static let services: [RunningSystem.Service] = [
            .customers, .paymentSimulator, .orders, .orchestrator, .notifier,
        ]

        private func makeCustomer(_ system: RunningSystem) throws -> Int64 {
            try system.customers.send(.post, "/admin/customers/create-customer", Canaries.customer).integer("id")
        }

        private func placeAsync(_ system: RunningSystem, _ customer: Int64, _ product: Int64) throws -> Reply {
            try system.orders.send(
                .post, "/api/v1/orders", #"{"productId":\#(product),"quantity":1}"#,
                headers: [
                    "Authorization": "Bearer \(RunningSystem.customerToken(customer))", "X-Idempotency-Key": "async",
                ])
        }

        /// Has both passes done, by processes that have just been started.
        private func finish(_ system: RunningSystem, _ services: [RunningSystem.Service]) throws {
            for passes in 1...2 {
                try system.execute("UPDATE customer_erasures SET run_at = UTC_TIMESTAMP(6) WHERE passes < 2")
                for service in services { try system.restart(service) }
                try waitUntil {
                    try system.count("SELECT COUNT(*) FROM customer_erasures WHERE passes >= \(passes)")
                        == services.count
                }
            }
        }

        @Test func `after an erasure no table of any service holds anything of the person`() throws {
            let receiver = try ScriptedServer { connection in
                while connection.readRequest() != nil,
                    connection.reply("200 OK", body: "Thanks for \(Canaries.name), \(Canaries.email)")
                {}
            }
            defer { receiver.stop() }
            try withSystem(Self.services, settings: ["ASYNC_ORDERS": "on"]) { system in
                let (customer, product) = (try makeCustomer(system), try system.makeProduct())
                #expect(
                    try system.notifier.send(
                        .post, "/admin/webhooks/create-endpoint", #"{"url":"\#(receiver.url)/hook"}"#
                    ).status == 201)
                let through = try system.placeOrder(customer, product, key: "sync")
                #expect(through.status == 201)
                #expect(try placeAsync(system, customer, product).status == 202)
                try waitUntil {
                    try system.count("SELECT COUNT(*) FROM orders WHERE status = 'CONFIRMED'") == 2
                        && system.count("SELECT COUNT(*) FROM attempts WHERE reply <> ''") == 6
                }
                let tables = try Set(
                    system.database.stored(Canaries.personal).compactMap { $0.split(separator: ".").first })
                #expect(tables == ["customers", "customer_words", "orders", "idempotency_keys", "attempts"])

                let erased = try system.customers.send(.patch, "/admin/customers/erase/\(customer)")
                #expect(erased.status == 200)
                try finish(system, [.orders, .notifier])
                #expect(try system.database.stored(Canaries.personal) == [])

                let again = try system.placeOrder(customer, product, key: "sync")
                #expect(again.isReplay && again.status == 201, "\(again.json)")
                #expect(again.data["order"] == through.data["order"])
                #expect(again.data["customer"] == .null)
                #expect(try placeAsync(system, customer, product).isReplay)
                #expect(try system.placeOrder(customer, product, key: "new").code == "customer-inactive")
                #expect(try system.orderCount == 2)
                #expect(try OrderAudit(system.database).violations() == [])
            }
        }

        @Test func `a process that is killed while it erases leaves the rest to the next`() throws {
            let plan = try FaultPlanFile()
            defer { try? plan.remove() }
            try withSystem([.customers, .orders], settings: plan.settings) { system in
                let (customer, product) = (try makeCustomer(system), try system.makeProduct())
                let order = #"{"customer_id":\#(customer),"items":[{"product_id":\#(product),"qty":1}]}"#
                let reply = try system.orders.send(
                    .post, "/admin/orders/create-order", order, headers: ["X-Idempotency-Key": "k"])
                #expect(reply.status == 201)
                #expect(try system.customers.send(.patch, "/admin/customers/erase/\(customer)").status == 200)
                try plan.arm([Fault(FaultPlace(.orders, "erasures.between-batches", pass: 1), .exit)])
                system.process(.orders).end()
                let own = ["CUSTOMERS_API_BASE": "http://127.0.0.1:\(system.customers.port)"]
                let killed = try ServiceProcess(
                    "OrdersAPI",
                    environment: RunningSystem.environment(system.schema.configuration)
                        .merging(own.merging(plan.settings) { $1 }) { $1 })
                defer { killed.end() }
                #expect(try killed.waitForExit() == -SIGKILL)
                #expect(
                    try system.database.stored([Canaries.email]).map { $0.split(separator: ".")[0] } == [
                        "idempotency_keys"
                    ])
                try finish(system, [.orders])
                #expect(try system.database.stored(Canaries.personal) == [])
            }
        }

        @Test func `orders that are placed while their customer is erased keep nothing of them`() throws {
            // Remembered for longer than the erasure takes, as where it meets the moment.
            let settings = ["CUSTOMER_CACHE_TTL_MS": "60000"]
            try withSystem([.customers, .orders, .orchestrator], settings: settings) { system in
                let (customer, product) = (try makeCustomer(system), try system.makeProduct(stock: 1000))
                let placed = try inParallel(8) { number in
                    try (0..<12).filter { round in
                        if number == 0, round == 4 {
                            let erased = try system.customers.send(.patch, "/admin/customers/erase/\(customer)")
                            #expect(erased.status == 200)
                        }
                        return try system.placeOrder(customer, product, quantity: 1, key: "\(number)-\(round)").status
                            == 201
                    }.count
                }
                let count = placed.reduce(0, +)
                #expect(try system.orderCount == Int64(count))
                #expect(try !system.database.stored(Canaries.personal).isEmpty)
                try finish(system, [.orders])
                #expect(try system.database.stored(Canaries.personal) == [])
                #expect(try OrderAudit(system.database).violations() == [])
            }
        }
    }
}
