import Concurrency
import DatabaseTesting
import Foundation
import HTTPMessages
import JSON
import MySQL
import SystemTesting
import Testing

extension EndToEndTests {
    /// Asynchronous orders by the built programs, paid for at the payment simulator.
    struct AsyncOrderTests {
        private static let services: [RunningSystem.Service] = [.customers, .paymentSimulator, .orders]

        private func place(_ system: RunningSystem, _ customer: Int64, _ product: Int64, key: String) throws -> Int64 {
            let reply = try system.orders.send(
                .post, "/api/v1/orders", #"{"productId":\#(product),"quantity":1}"#,
                headers: [
                    "Authorization": "Bearer \(RunningSystem.customerToken(customer))", "X-Idempotency-Key": key,
                ])
            #expect(reply.status == 202, "\(reply.json)")
            return try #require(reply.json["orderId"]?.integer)
        }

        private func status(_ system: RunningSystem, _ id: Int64) throws -> String {
            try system.orders.send(.get, "/admin/orders/find-one/\(id)").data["status"]?.string ?? ""
        }

        /// How often an order's payments were taken. One whose id nobody heard of is made again, and holds nothing.
        private func captureCount(_ system: RunningSystem, _ id: Int64) throws -> Int64 {
            try ledger(system, id).reduce(0) { $0 + ($1["capture_count"]?.integer ?? 0) }
        }

        private func ledger(_ system: RunningSystem, _ id: Int64) throws -> [JSONValue] {
            let reply = try system.paymentSimulator.send(.get, "/_simulator/ledger?order_id=\(id)")
            #expect(reply.status == 200)
            return reply.data.array ?? []
        }

        /// Starts a process that works on the system's orders, and serves none.
        private func worker(_ system: RunningSystem, _ settings: [String: String] = [:]) throws -> ServiceProcess {
            let own = [
                "ASYNC_ORDERS": "on", "CUSTOMERS_API_BASE": "http://127.0.0.1:\(system.customers.port)",
                "PAYMENT_GATEWAY_URL": "http://127.0.0.1:\(system.paymentSimulator.port)",
            ]
            let environment = RunningSystem.environment(system.schema.configuration).merging(own) { $1 }
            let process = try ServiceProcess(
                "OrdersAPI", arguments: ["work"], environment: environment.merging(settings) { $1 })
            _ = try process.waitForPort()
            return process
        }

        @Test func `an order is accepted, confirmed and paid for once, and its reader hears of it at once`() throws {
            try withSystem(Self.services, settings: ["ASYNC_ORDERS": "on"]) { system in
                let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
                let id = try place(system, customer, product, key: "k")
                let target = "/api/v1/orders/\(id)/status"
                var headers: HeaderFields = [
                    "Authorization": "Bearer \(RunningSystem.customerToken(customer))", "Prefer": "wait=20",
                    "X-Request-Timeout-Ms": "30000", "If-None-Match": "\"1\"",
                ]
                var reply = try system.orders.send(.get, target, headers: headers, timeoutMilliseconds: 40_000)
                while reply.data["status"]?.string != "CONFIRMED" {
                    #expect(reply.status == 200, "\(reply.json)")
                    headers["If-None-Match"] = reply.response.headers["ETag"] ?? ""
                    reply = try system.orders.send(.get, target, headers: headers, timeoutMilliseconds: 40_000)
                }
                let accounts = try ledger(system, id)
                #expect(accounts.count == 1 && accounts[0]["capture_count"] == .integer(1), "\(accounts)")
                #expect(accounts[0]["capture_cents"] == .integer(1500))
                #expect(try system.stock(of: product) == 99)
                #expect(try OrderAudit(system.database).violations() == [])
                let metrics = try system.orders.send(.get, "/metrics")
                let text = String(decoding: metrics.response.body, as: UTF8.self)
                #expect(text.contains("saga_seconds_count{outcome=\"confirmed\"} 1"))
                #expect(text.contains("sagas{step=\"CAPTURE\",state=\"DEAD\"} 0"))
                #expect(text.components(separatedBy: "# TYPE sagas gauge").count == 2)
            }
        }

        @Test func `a worker that is stopped for longer than its lease, and goes on, changes nothing`() throws {
            try withSystem(Self.services, settings: ["ASYNC_ORDERS": "on", "WORKER": "off"]) { system in
                let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
                let first = try worker(system)
                defer { first.end() }
                let plan = #"{"faults":[{"operation":"capture","fault":"delay","delay_ms":3000,"count":1}]}"#
                #expect(try system.paymentSimulator.send(.post, "/_simulator/faults", plan).status == 200)
                let id = try place(system, customer, product, key: "k")
                try waitUntil(seconds: 20) {
                    try system.count("SELECT COUNT(*) FROM order_sagas WHERE step = 'CAPTURE'") == 1
                }
                first.signal(SIGSTOP)
                #expect(try status(system, id) == "STOCK_RESERVED")
                // As when the lease is over, without the wait.
                try system.execute("UPDATE order_sagas SET run_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
                let second = try worker(system)
                defer { second.end() }
                try waitUntil(seconds: 40) { try status(system, id) == "CONFIRMED" }
                first.signal(SIGCONT)
                try waitUntil(seconds: 20) { first.text.contains("saga taken over by somebody else") }
                #expect(try status(system, id) == "CONFIRMED")
                #expect(try ledger(system, id).map { $0["capture_count"] } == [.integer(1)])
                #expect(try system.count("SELECT COUNT(*) FROM order_sagas") == 0)
                #expect(try OrderAudit(system.database).violations() == [])
            }
        }

        @Test func `workers whose clocks are wrong go by the database's`() throws {
            try withSystem(Self.services, settings: ["ASYNC_ORDERS": "on", "WORKER": "off"]) { system in
                let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
                let workers = try ["-5y", "+100h"].map { try worker(system, try ShiftedClock.environment($0)) }
                defer { for worker in workers { worker.end() } }
                let plan = #"{"faults":[{"operation":"any","fault":"500-after-effect","percent":20,"seed":7}]}"#
                #expect(try system.paymentSimulator.send(.post, "/_simulator/faults", plan).status == 200)
                let ids = try (0..<10).map { try place(system, customer, product, key: "k\($0)") }
                try waitUntil(seconds: 60) { try system.count("SELECT COUNT(*) FROM order_sagas") == 0 }
                #expect(try ids.map { try status(system, $0) } == ids.map { _ in "CONFIRMED" })
                for id in ids { #expect(try captureCount(system, id) == 1) }
                #expect(try system.stock(of: product) == 90)
                #expect(try OrderAudit(system.database).violations() == [])
            }
        }

        @Test func `a worker that is killed leaves its orders to another`() throws {
            try withSystem(Self.services, settings: ["ASYNC_ORDERS": "on", "WORKER": "off"]) { system in
                let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
                let first = try worker(system)
                let plan = #"{"faults":[{"operation":"confirm","fault":"delay","delay_ms":2000,"count":100}]}"#
                #expect(try system.paymentSimulator.send(.post, "/_simulator/faults", plan).status == 200)
                let ids = try (0..<6).map { try place(system, customer, product, key: "k\($0)") }
                try waitUntil(seconds: 20) {
                    try system.count("SELECT COUNT(*) FROM order_sagas WHERE step = 'AUTHORIZE'") > 0
                }
                first.signal(SIGKILL)
                first.end()
                #expect(
                    try system.paymentSimulator.send(.post, "/_simulator/faults", #"{"faults":[]}"#).status == 200)
                try system.execute("UPDATE order_sagas SET run_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
                let second = try worker(system)
                defer { second.end() }
                try waitUntil(seconds: 60) { try system.count("SELECT COUNT(*) FROM order_sagas") == 0 }
                #expect(try ids.map { try status(system, $0) } == ids.map { _ in "CONFIRMED" })
                for id in ids { #expect(try captureCount(system, id) == 1) }
                #expect(try OrderAudit(system.database).violations() == [])
                let health = try system.orders.send(.get, "/api/v1/health/ready")
                #expect(health.status == 200)
                second.signal(SIGTERM)
                #expect(try second.waitForExit(seconds: 15) == 0, "\(second.text)")
                // Nobody works now, and the order waits for whoever comes.
                let waiting = try place(system, customer, product, key: "last")
                Concurrency.Thread.sleep(milliseconds: 1000)
                #expect(try status(system, waiting) == "PENDING")
            }
        }
    }
}
