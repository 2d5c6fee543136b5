import ConcurrencyTesting
import DatabaseTesting
import Foundation
import HTTPMessages
import JSON
import MySQL
import RepositoryFiles
import SystemTesting
import Testing

extension EndToEndTests {
    struct LifecycleTests {
        @Test(arguments: ["CustomersAPI", "OrdersAPI", "Notifier", "Orchestrator", "PaymentSimulator"])
        func `help lists every variable, and the README knows them all`(_ command: String) throws {
            let process = try ServiceProcess(command, arguments: ["--help"], environment: [:])
            #expect(try process.waitForExit() == 0)
            let names = process.text.split(separator: "\n").compactMap { line -> Substring? in
                let name = line.drop { $0 == " " }.prefix { $0 != " " }
                return line.hasPrefix("  ") && name.allSatisfy { $0.isUppercase || $0 == "_" } ? name : nil
            }
            #expect(names.count >= 9)
            let readme = try RepositoryFile("README.md").text()
            for name in names where !name.hasPrefix("AWS_") { #expect(readme.contains("`\(name)`"), "\(name)") }
        }

        @Test(arguments: ["CustomersAPI", "OrdersAPI", "Notifier", "Orchestrator", "PaymentSimulator"])
        func `all mistakes in the settings are reported at once`(_ command: String) throws {
            let process = try ServiceProcess(
                command,
                environment: [
                    "PORT": "x", "WORKERS_MAX": "0", "LOG_LEVEL": "loud", "HOST": "0.0.0.0",
                    "ORDERS_API_BASE": "nowhere", "CUSTOMERS_API_BASE": "nowhere", "DB_PORT": "0",
                ])
            #expect(try process.waitForExit() == 78)
            let common = ["PORT", "WORKERS_MAX", "LOG_LEVEL", "API_TOKEN", "SERVICE_TOKEN"]
            let own = [
                "CustomersAPI": ["DB_PORT"], "OrdersAPI": ["DB_PORT", "CUSTOMERS_API_BASE"],
                "Notifier": ["DB_PORT", "CUSTOMERS_API_BASE", "ORDERS_API_BASE", "SECRETS_KEY"],
                "Orchestrator": ["CUSTOMERS_API_BASE", "ORDERS_API_BASE"], "PaymentSimulator": ["DB_PORT", "HOST"],
            ]
            for name in common + own[command, default: []] { #expect(process.text.contains("  \(name) ")) }
        }

        @Test(arguments: ["CustomersAPI", "OrdersAPI", "Orchestrator"])
        func `an unknown command is refused`(_ command: String) throws {
            let process = try ServiceProcess(command, arguments: ["migrat"], environment: [:])
            #expect(try process.waitForExit() == 2)
            #expect(process.text.contains("There is no command \"migrat\""))
        }

        @Test func `a taken port is one clear sentence`() throws {
            try withSystem { system in
                let port = String(system.customers.port)
                let process = try ServiceProcess(
                    "CustomersAPI",
                    environment: RunningSystem.environment(system.schema.configuration).merging(["PORT": port]) { $1 })
                #expect(try process.waitForExit() == 1)
                #expect(process.text.contains(port))
            }
        }

        @Test func `an old schema is refused with the command that mends it, and migrate and seed are repeatable`()
            throws
        {
            let schema = try TestDatabase.makeSchema()
            defer { try? schema.drop() }
            let environment = RunningSystem.environment(schema.configuration).merging(["SYNCHRONIZE": "FALSE"]) { $1 }
            let refused = try ServiceProcess("OrdersAPI", environment: environment)
            #expect(try refused.waitForExit() == 1)
            #expect(refused.text.contains("OrdersAPI migrate"))
            for command in ["CustomersAPI", "OrdersAPI"] {
                for verb in ["migrate", "migrate", "seed", "seed"] {
                    let process = try ServiceProcess(command, arguments: [verb], environment: environment)
                    #expect(try process.waitForExit() == 0, "\(process.text)")
                }
            }
            let process = try ServiceProcess("OrdersAPI", environment: environment)
            defer { process.end() }
            let client = try RunningSystem.client(.orders, port: process.waitForPort())
            #expect(try client.send(.get, "/admin/products/find-all").data.array?.count == 4)
        }

        @Test func `the commands and the settings of a NestJS service work or say what has their place`() throws {
            let schema = try TestDatabase.makeSchema()
            defer { try? schema.drop() }
            let former = [
                "REDIS_HOST": "localhost", "JWT_REFRESH_SECRET": "s3cret", "API_PREFIX": "api/v1", "QUEUE_PREFIX": "q",
            ]
            let environment = RunningSystem.environment(schema.configuration).merging(former) { $1 }
            for command in ["CustomersAPI", "OrdersAPI", "Notifier"] {
                let process = try ServiceProcess(command, arguments: ["migration:run"], environment: environment)
                #expect(try process.waitForExit() == 0, "\(process.text)")
                let notes = process.text.split(separator: "\n").filter { $0.hasPrefix("Note: ") }
                #expect(
                    notes.map { $0.split(separator: " ")[1] } == ["JWT_REFRESH_SECRET", "QUEUE_PREFIX", "REDIS_HOST"],
                    "\(notes)")
                #expect(!process.text.contains("s3cret"))
                let reverted = try ServiceProcess(command, arguments: ["migration:revert"], environment: environment)
                #expect(try reverted.waitForExit() == 1)
                #expect(reverted.text.contains("No migration is reverted"))
            }
            let seeding = try ServiceProcess("OrdersAPI", arguments: ["seed:run"], environment: environment)
            #expect(try seeding.waitForExit() == 0, "\(seeding.text)")
        }

        @Test func `a wrong database password is a clear sentence, not a silent wait`() throws {
            let schema = try TestDatabase.makeSchema()
            defer { try? schema.drop() }
            let environment = RunningSystem.environment(schema.configuration).merging([
                "DB_USERNAME": "nobody", "DB_PASSWORD": "wrong",
            ]) { $1 }
            let process = try ServiceProcess("OrdersAPI", arguments: ["migrate"], environment: environment)
            #expect(try process.waitForExit() == 1)
            #expect(process.text.contains("Access denied"))
            #expect(!process.text.contains("wrong"))
        }

        @Test func `SIGTERM lets open requests end and exits with 0`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(stock: 1000)
                let answeredCount = Observed(0)
                let replies = try inParallel(9) { client -> Int in
                    if client == 8 {
                        #expect(answeredCount.wait { $0 > 0 })
                        system.orchestratorProcess.signal(SIGTERM)
                        return try Int(system.orchestratorProcess.waitForExit())
                    }
                    var confirmed = 0
                    for round in 0..<200 {
                        guard let reply = try? system.placeOrder(customer, product, key: "drain-\(client)-\(round)"),
                            reply.status == 201
                        else { break }
                        confirmed += 1
                        answeredCount.change { $0 += 1 }
                    }
                    return confirmed
                }
                #expect(replies[8] == 0)
                let answered = replies[..<8].reduce(0, +)
                let confirmed = try system.count("SELECT COUNT(*) FROM orders WHERE status = 'CONFIRMED'")
                let created = try system.count("SELECT COUNT(*) FROM orders WHERE status = 'CREATED'")
                #expect(answered > 0)
                #expect(Int(confirmed) == answered)
                #expect(created == 0)
            }
        }

        @Test func `one trace and one correlation id run through all three services' logs`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct()
                let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
                let reply = try system.placeOrder(
                    customer, product, key: "traced",
                    headers: ["traceparent": "00-\(traceID)-00f067aa0ba902b7-01", "X-Correlation-Id": "walk-42"])
                #expect(reply.json["correlationId"] == .string("walk-42"))
                for process in [system.orchestratorProcess, system.ordersProcess, system.customersProcess] {
                    try waitUntil {
                        process.logLines.contains {
                            $0["trace_id"] == .string(traceID) && $0["correlation_id"] == .string("walk-42")
                        }
                    }
                    #expect(!process.text.contains(RunningSystem.serviceToken))
                    #expect(!process.text.contains(RunningSystem.apiToken))
                    #expect(!process.text.contains("@example.com"))
                }
            }
        }
    }
}
