import DatabaseTesting
import Foundation
import HTTPMessages
import JSON
import MySQL
import SystemTesting
import Testing

extension EndToEndTests {
    /// SIGTERM ends a service within 15 s, whatever it is waiting for.
    struct ShutdownTests {
        private static let limitSeconds = 15

        @Test(arguments: ["FALSE", "TRUE"])
        func `a database that says nothing when the service starts does not hold up its end`(
            _ migrates: String
        ) throws {
            let silent = try SilentListener()
            let environment = RunningSystem.environment(
                DatabaseConfiguration(
                    host: "127.0.0.1", port: silent.port, username: "x", password: "x", database: "x"))
            let process = try ServiceProcess(
                "OrdersAPI", environment: environment.merging(["SYNCHRONIZE": migrates]) { $1 })
            defer { process.end() }
            // In the middle of the first attempt.
            silent.waitForClient()
            let seconds = try secondsToEnd(process)
            #expect(seconds < 5)
        }

        @Test func `a migration that waits for another instance does not hold up the end`() throws {
            try withSystem { system in
                let environment = RunningSystem.environment(system.schema.configuration)
                let seconds = try system.whileHolding("UPDATE schema_migration_lock SET service = UPPER(service)") {
                    let process = try ServiceProcess("OrdersAPI", environment: environment)
                    defer { process.end() }
                    try waitUntil { try system.runningStatements == 1 }
                    return try secondsToEnd(process)
                }
                #expect(seconds < Double(ShutdownTests.limitSeconds))
            }
        }

        @Test func `sweeps that wait for somebody's locks do not hold up the end`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(stock: 1000)
                for _ in 0..<20 {
                    _ = try system.orders.send(
                        .post, "/admin/orders/create-order",
                        #"{"customer_id":\#(customer),"items":[{"product_id":\#(product),"qty":1}]}"#,
                        headers: ["X-Idempotency-Key": "key-\(UUID())"])
                }
                try system.execute("UPDATE orders SET created_at = '2020-01-01 00:00:00'")
                try system.execute("UPDATE idempotency_keys SET expires_at = '2020-01-01 00:00:00'")
                let seconds = try system.whileHolding("UPDATE orders SET customer_phone = '+1 1'") {
                    try system.whileHolding("UPDATE idempotency_keys SET status_code = 200") {
                        try system.restart(.orders)
                        try waitUntil { try system.runningStatements == 2 }
                        return try secondsToEnd(system.ordersProcess)
                    }
                }
                #expect(seconds < Double(ShutdownTests.limitSeconds))
            }
        }

        @Test func `requests on a database that has stopped do not hold up the end`() throws {
            let server = try DedicatedTestServer()
            let system = try RunningSystem(on: server.makeSchema())
            defer {
                try? server.resume()
                system.stop()
                server.stop()
            }
            _ = try system.makeProduct(stock: 1)
            try server.pause()
            let replies = try inParallel(17) { client -> Double in
                if client == 16 {
                    Foundation.Thread.sleep(forTimeInterval: 0.5)
                    return try secondsToEnd(system.ordersProcess)
                }
                // Every worker has one, and waits for longer than the service has.
                _ = try? system.orders.send(
                    .get, "/admin/products/find-all", headers: ["X-Request-Timeout-Ms": "60000"])
                return 0
            }
            #expect(replies[16] < Double(ShutdownTests.limitSeconds))
        }

        @Test
        func `a service that ends first says that it is not ready, and serves until its balancer has gone elsewhere`()
            throws
        {
            try withSystem(settings: ["DRAIN_DELAY_MS": "1500"]) { system in
                let client = system.orders
                let start = uptimeNanoseconds()
                system.ordersProcess.signal(SIGTERM)
                try waitUntil { try client.send(.get, "/health/ready").status == 503 }
                var answered = 0
                while uptimeNanoseconds() - start < 1_200_000_000 {
                    // Each over a connection of its own, since each answer ends the one that it comes over.
                    let reply = try client.send(.get, "/admin/orders/find-all?limit=1")
                    #expect(reply.status == 200)
                    #expect(reply.response.headers["Connection"] == "close")
                    answered += 1
                }
                #expect(answered > 0)
                #expect(try system.ordersProcess.waitForExit() == 0)
                #expect(uptimeNanoseconds() - start >= 1_500_000_000)
            }
        }

        @Test func `SIGHUP ends nothing, and reads the log level again from the file`() throws {
            let directory = FileManager.default.temporaryDirectory.appendingPathComponent("reload-\(UUID())")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: directory) }
            let file = directory.appendingPathComponent(".env")
            let process = try ServiceProcess("Orchestrator", environment: ["PORT": "0"], directory: directory)
            defer { process.end() }
            let client = try RunningSystem.client(.orchestrator, port: process.waitForPort())
            let steps: [(text: String, message: String, field: String)] = [
                ("", "nothing to reload", #""message":"reloading""#),
                ("LOG_LEVEL=debug\n", "reloaded", #""value":"debug""#),
                ("LOG_LEVEL=loud\n", "not reloaded", "LOG_LEVEL must be one of"),
            ]
            for step in steps {
                try step.text.write(to: file, atomically: true, encoding: .utf8)
                process.signal(SIGHUP)
                try waitUntil { process.text.contains(#""message":"\#(step.message)""#) }
                #expect(process.text.contains(step.field))
                #expect(try client.send(.get, "/health/live").status == 200)
            }
            process.signal(SIGTERM)
            #expect(try process.waitForExit() == 0)
            #expect(process.logLines.last?["message"] == .string("stopped"))
        }

        /// Sends SIGTERM and waits; a process that outlasts the limit by much is a failure at once.
        private func secondsToEnd(_ process: ServiceProcess) throws -> Double {
            let start = uptimeNanoseconds()
            process.signal(SIGTERM)
            #expect(try process.waitForExit(seconds: 60) == 0)
            let seconds = Double(uptimeNanoseconds() - start) / 1e9
            print("shutdown: \(process.name) ended in \(seconds) s")
            return seconds
        }
    }
}
