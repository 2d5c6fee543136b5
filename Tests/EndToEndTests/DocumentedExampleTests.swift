import Foundation
import HTTPTypes
import JSON
import SystemTesting
import TestSupport
import Testing

extension EndToEndTests {
    /// What the documentation shows works as it stands there, on a system with the demonstration data.
    @Suite(.serialized)
    struct DocumentedExampleTests {
        @Test func `every curl line of the README works`() throws {
            try withSeededSystem { system in
                let commands = try curlCommands(RepositoryFile("README.md").text())
                #expect(commands.count >= 12)
                for command in commands {
                    let output = try shell(
                        try rewritten(command, system) + " --output /dev/null --write-out '%{http_code}'")
                    #expect(["200", "201"].contains(output), "\(command)\n\(output)")
                }
                let again = try shell(try rewritten(#require(commands.first), system) + " --include")
                #expect(again.contains("Idempotency-Replayed: true"))
            }
        }

        @Test(arguments: OpenAPIContract.names)
        func `every example request of the contract works`(_ name: String) throws {
            try withSeededSystem { system in
                if name == "orders" {
                    // The examples confirm and cancel the first order.
                    let body = #"{"customer_id":1,"items":[{"product_id":1,"qty":1}]}"#
                    #expect(try system.orders.send(.post, "/admin/orders/create-order", body).data["id"] == .integer(1))
                }
                let client =
                    switch name {
                    case "customers": system.customers
                    case "orders": system.orders
                    default: system.orchestrator
                    }
                // What the examples deactivate, other examples order: so that comes last.
                let operations = try OpenAPIContract(name).operations
                for operation in operations.filter({ !$0.id.hasPrefix("deactivate") })
                    + operations.filter({ $0.id.hasPrefix("deactivate") })
                {
                    for (title, example) in operation.exampleRequests {
                        var request = example
                        request.headers["Authorization"] = "Bearer \(RunningSystem.serviceToken)"
                        let reply = try client.send(request)
                        #expect(reply.response.status.isSuccess, "\(title): \(reply.status) \(reply.json)")
                    }
                }
            }
        }

        private func withSeededSystem(_ body: (RunningSystem) throws -> Void) throws {
            try withSystem(settings: ["API_TOKEN": ""]) { system in
                for command in ["CustomersAPI", "OrdersAPI"] {
                    let seed = try ServiceProcess(
                        command, arguments: ["seed"],
                        environment: RunningSystem.environment(system.schema.configuration))
                    #expect(try seed.waitForExit() == 0, "\(seed.text)")
                }
                try body(system)
            }
        }

        /// The commands in the document's shell blocks that begin with curl, their lines joined.
        private func curlCommands(_ text: String) -> [String] {
            var commands: [String] = []
            var isInBlock = false
            var isOpen = false
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                if line.hasPrefix("```") { isInBlock = line == "```sh" }
                guard isInBlock, isOpen || line.hasPrefix("curl ") else { continue }
                let part = line.hasSuffix("\\") ? String(line.dropLast()) : String(line)
                if isOpen { commands[commands.count - 1] += part } else { commands.append(part) }
                isOpen = line.hasSuffix("\\")
            }
            return commands
        }

        private func rewritten(_ command: String, _ system: RunningSystem) throws -> String {
            command.replacingOccurrences(of: ":3001", with: ":\(system.customers.port)")
                .replacingOccurrences(of: ":3002", with: ":\(system.orders.port)")
                .replacingOccurrences(of: ":3010", with: ":\(system.orchestrator.port)")
        }

        private func shell(_ command: String) throws -> String {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", command + " --max-time 20"]
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            let output = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return String(decoding: output, as: UTF8.self)
        }
    }
}
