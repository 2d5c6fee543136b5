import DatabaseTesting
import Foundation
import HTTPMessages
import JSON
import MySQL
import SystemTesting
import Testing

extension EndToEndTests {
    /// Circuits as `/metrics` shows them, while what they stand before stalls and returns.
    struct CircuitTests {
        /// A series' value on a service's `/metrics`; 0 for one that is not there.
        private func metric(_ series: String, of client: ServiceClient) throws -> Int {
            let text = String(decoding: try client.send(.get, "/metrics").response.body, as: UTF8.self)
            let line = text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
            return line.flatMap { Double($0.dropFirst(series.utf8.count + 1)) }.map { Int($0) } ?? 0
        }

        private func state(_ dependency: String, of client: ServiceClient) throws -> String? {
            try ["closed", "open", "half-open"].first {
                try metric("dependency_circuit_state{dependency=\"\(dependency)\",state=\"\($0)\"}", of: client) == 1
            }
        }

        private func changes(_ dependency: String, to state: String, of client: ServiceClient) throws -> Int {
            try metric(
                "dependency_circuit_changes_total{dependency=\"\(dependency)\",state=\"\(state)\"}", of: client)
        }

        @Test func `the orchestrator's circuit opens while the Customers API stalls, and closes when it is back`()
            throws
        {
            let system = try RunningSystem()
            defer { system.stop() }
            let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
            let proxy = try FaultProxy(to: system.customers.port, rates: .none, seed: 1)
            defer { proxy.stop() }
            try system.restart(
                .orchestrator,
                settings: [
                    "CUSTOMERS_API_BASE": "http://127.0.0.1:\(proxy.port)", "CUSTOMERS_CIRCUIT_CALLS_MIN": "4",
                    "CUSTOMERS_CIRCUIT_SLOW_MS": "300", "CUSTOMERS_CIRCUIT_OPEN_MS": "2000",
                ])
            #expect(try system.placeOrder(customer, product, key: "before").status == 201)
            #expect(try state("customers-api", of: system.orchestrator) == "closed")

            system.customersProcess.signal(SIGSTOP)
            var number = 0
            while try state("customers-api", of: system.orchestrator) == "closed", number < 12 {
                number += 1
                let reply = try system.placeOrder(
                    customer, product, key: "stalled-\(number)", headers: ["X-Request-Timeout-Ms": "700"])
                #expect(reply.status == 503 || reply.status == 504, "\(reply.json)")
            }
            #expect(try state("customers-api", of: system.orchestrator) == "open")
            let asked = proxy.requestCount
            for kept in 0..<30 {
                let reply = try system.placeOrder(customer, product, key: "kept-back-\(kept)")
                #expect(reply.code == "customers-unavailable", "\(reply.json)")
            }
            // Thirty orders, and at most one round of probes, should they have taken the two seconds.
            #expect(proxy.requestCount - asked <= 3, "\(proxy.requestCount - asked)")
            // A probe finds that it still stalls.
            try waitUntil {
                _ = try system.placeOrder(
                    customer, product, key: "probe", headers: ["X-Request-Timeout-Ms": "700"])
                return try changes("customers-api", to: "open", of: system.orchestrator) >= 2
            }

            system.customersProcess.signal(SIGCONT)
            try waitUntil {
                number += 1
                _ = try system.placeOrder(customer, product, key: "back-\(number)")
                return try state("customers-api", of: system.orchestrator) == "closed"
            }
            #expect(try changes("customers-api", to: "half-open", of: system.orchestrator) >= 2)
            #expect(try changes("customers-api", to: "closed", of: system.orchestrator) == 1)
            // Each key may be repeated, and has its one order.
            for kept in 0..<30 {
                #expect(try system.placeOrder(customer, product, key: "kept-back-\(kept)").status == 201)
            }
            #expect(try OrderAudit(system.database).violations() == [])
        }

        @Test func `a payment gateway that stalls is asked little, and its orders are paid for when it is back`() throws
        {
            let orderCount = 16
            let system = try RunningSystem([.customers, .paymentSimulator])
            defer { system.stop() }
            let proxy = try FaultProxy(to: system.paymentSimulator.port, rates: .none, seed: 1)
            defer { proxy.stop() }
            let settings = [
                "ASYNC_ORDERS": "on", "PAYMENT_TIMEOUT_MS": "400", "PAYMENT_CIRCUIT_OPEN_MS": "3000",
                "CUSTOMERS_API_BASE": "http://127.0.0.1:\(system.customers.port)",
                "PAYMENT_GATEWAY_URL": "http://127.0.0.1:\(proxy.port)",
            ]
            let process = try ServiceProcess(
                "OrdersAPI",
                environment: RunningSystem.environment(system.schema.configuration).merging(settings) { $1 })
            defer { process.end() }
            let orders = try RunningSystem.client(.orders, port: process.waitForPort())
            let customer = try system.makeCustomer()
            let product = try orders.send(
                .post, "/admin/products/create-product",
                #"{"sku":"chair","name":"Chair","price_cents":1500,"stock":100}"#
            ).integer("id")
            func plan(_ faults: String) throws {
                let reply = try system.paymentSimulator.send(.post, "/_simulator/faults", #"{"faults":[\#(faults)]}"#)
                #expect(reply.status == 200)
            }
            func place(_ number: Int) throws -> Int64 {
                let reply = try orders.send(
                    .post, "/api/v1/orders", #"{"productId":\#(product),"quantity":1}"#,
                    headers: [
                        "Authorization": "Bearer \(RunningSystem.customerToken(customer))",
                        "X-Idempotency-Key": "order-\(number)",
                    ])
                return try #require(reply.json["orderId"]?.integer, "\(reply.json)")
            }

            try plan(#"{"operation":"any","fault":"delay","delay_ms":1500,"percent":100}"#)
            let ids = try (0..<orderCount).map(place)
            try waitUntil { try state("payment-gateway", of: orders) == "open" }
            let (asked, unknown) = (proxy.requestCount, try metric("payment_unknown_total", of: orders))
            Thread.sleep(forTimeInterval: 2)
            let keptBack = try metric(
                "dependency_calls_total{dependency=\"payment-gateway\",event=\"circuit_open\"}", of: orders)
            // What was under way when it opened, and no more than one round of probes since.
            #expect(proxy.requestCount - asked <= 3, "\(proxy.requestCount - asked)")
            #expect(try metric("payment_unknown_total", of: orders) - unknown <= 8 + 3)
            // Each order waits 1, 2, 4 … s between its attempts.
            #expect(1...orderCount * 3 ~= keptBack, "\(keptBack)")
            #expect(
                try system.count("SELECT COUNT(*) FROM orders WHERE status = 'STOCK_RESERVED'") == Int64(orderCount))

            try plan("")
            try waitUntil(seconds: 90) { try system.count("SELECT COUNT(*) FROM order_sagas") == 0 }
            #expect(try state("payment-gateway", of: orders) == "closed")
            for change in ["open", "half-open", "closed"] {
                #expect(try changes("payment-gateway", to: change, of: orders) >= 1, "\(change)")
            }
            for id in ids {
                let accounts = try system.paymentSimulator.send(.get, "/_simulator/ledger?order_id=\(id)").data
                let captures = (accounts.array ?? []).reduce(0) { $0 + ($1["capture_count"]?.integer ?? 0) }
                #expect(captures == 1, "\(accounts)")
            }
            #expect(try system.count("SELECT COUNT(*) FROM orders WHERE status = 'CONFIRMED'") == Int64(orderCount))
            #expect(try OrderAudit(system.database).violations() == [])
        }
    }
}
