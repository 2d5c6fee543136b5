import SystemTesting
import Testing

extension EndToEndTests {
    /// `health`, `--version` and `--check-config`, which every service has.
    struct HealthCommandTests {
        private static let commands = ["CustomersAPI", "OrdersAPI", "Orchestrator", "Notifier", "PaymentSimulator"]

        private func run(
            _ command: String, _ arguments: [String], _ environment: [String: String] = [:]
        ) throws -> (status: Int32, text: String) {
            let process = try ServiceProcess(command, arguments: arguments, environment: environment)
            let status = try process.waitForExit()
            return (status, process.text)
        }

        @Test func `the command says whether the instance would serve, as it does itself`() throws {
            let system = try RunningSystem()
            defer { system.stop() }
            for (command, port) in [
                ("CustomersAPI", system.customers.port), ("OrdersAPI", system.orders.port),
                ("Orchestrator", system.orchestrator.port),
            ] {
                for host in ["127.0.0.1", "localhost"] {
                    let (status, text) = try run(command, ["health"], ["PORT": String(port), "HOST": host])
                    #expect(status == 0 && text.hasSuffix(" would serve.\n"), "\(command): \(text)")
                }
                // An address of all interfaces is asked by the loopback one.
                let secrets = ["API_TOKEN": "0123456789abcdef", "SERVICE_TOKEN": "0123456789abcdeg"]
                let (status, text) = try run(
                    command, ["health"], secrets.merging(["PORT": String(port), "HOST": "0.0.0.0"]) { $1 })
                #expect(status == 0, "\(command): \(text)")
            }
            system.process(.customers).end()
            let (status, text) = try run("Orchestrator", ["health"], ["PORT": String(system.orchestrator.port)])
            #expect(status == 1)
            #expect(text.hasPrefix("orchestrator would not serve: Not available: customers-api."), "\(text)")
        }

        @Test(arguments: commands) func `where nobody listens it ends with an error`(command: String) throws {
            let environment = ["PORT": "9", "SECRETS_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]
            let (status, text) = try run(command, ["health"], environment)
            #expect(status == 1 && text.contains(" would not serve: The request was not sent"), "\(text)")
            let (unknown, reason) = try run(command, ["health"], environment.merging(["PORT": "0"]) { $1 })
            #expect(unknown == 1 && reason.contains("PORT is 0"), "\(reason)")
        }

        @Test(arguments: commands) func `the version is told whatever the settings are`(command: String) throws {
            let (status, text) = try run(command, ["--version"], ["PORT": "no port"])
            #expect(status == 0 && text.hasSuffix(" 1.0.0\n") && text.split(separator: "\n").count == 1, "\(text)")
            let (wrong, reason) = try run(command, ["--check-config"], ["PORT": "no port"])
            #expect(wrong == 78 && reason.contains("PORT"), "\(reason)")
        }
    }
}
