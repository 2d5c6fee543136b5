import ContractReading
import Foundation
import HTTPMessages
import JSON
import RepositoryFiles
import SystemTesting
import Testing

extension EndToEndTests {
    /// What the documentation shows works as it stands there, on what `scripts/run` leaves.
    struct DocumentedExampleTests {
        /// Without these no endpoint for mail or Telegram can be made. Nobody listens there.
        private static let channels = [
            "SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "orders@example.com",
            "TELEGRAM_BOT_TOKEN": "123456789:" + String(repeating: "A", count: 35),
            "TELEGRAM_API_BASE": "http://127.0.0.1:9",
        ]

        @Test func `every curl line that is shown works, as often as it is pasted`() throws {
            let script = try StartScript()
            defer { script.remove() }
            let process = try script.startAndWait(settings: DocumentedExampleTests.channels)
            defer { process.end() }
            let readme = try commands(in: "README.md")
            let printed = process.text.split(separator: "\n").filter {
                $0.hasPrefix("  curl ") || $0.hasPrefix("    -d ")
            }
            .joined(separator: "\n")
            for shell in shells {
                try expectSuccess(of: readme, countMin: 12, in: shell, script)
                try expectSuccess(of: printed, countMin: 3, in: shell, script)
                try expectSuccess(of: commands(in: "docs/events.md"), countMin: 3, in: shell, script)
                try expectSuccess(
                    of: ordersCommand + commands(in: "docs/async-orders.md"), countMin: 2, in: shell, script)
                try expectSuccess(
                    of: "URL=http://127.0.0.1:3010 API_TOKEN=none\n" + commands(in: "serverless/README.md"),
                    countMin: 2, in: shell, script)
            }
            let first = try #require(readme.split(separator: "\n\n").first)
            let again = try run(first + " --include", in: "bash", script).output
            #expect(again.contains("Idempotency-Replayed: true"), "\(again)")
        }

        /// Whoever shows a curl line has it run: by the test above, or by those named here.
        @Test func `every document with curl lines is known`() throws {
            let elsewhere = [
                "docs/payments.md",  // PaymentExampleTests
                "docs/write-your-own-function.md",  // OwnFunctionTests
                "Examples/HelloHTTP/README.md", "Examples/OrderTotal/README.md",
                "Examples/ThumbnailQueue/README.md",  // ExampleTests
            ]
            let run = ["README.md", "docs/async-orders.md", "docs/events.md", "serverless/README.md"]
            var documents = ["README.md"]
            for folder in ["docs", "serverless", "Examples", "bench", "openapi"] {
                let files = FileManager.default.enumerator(atPath: RepositoryFile(folder).path)
                while let file = files?.nextObject() as? String {
                    if file.hasSuffix(".md") { documents.append("\(folder)/\(file)") }
                }
            }
            let shown = try documents.filter { try commands(in: $0).contains(#/(?m)(^|[ (])curl /#) }
            #expect(shown.sorted() == (elsewhere + run).sorted())
        }

        @Test func `every example request of the contracts works`() throws {
            let script = try StartScript()
            defer { script.remove() }
            let process = try script.startAndWait(settings: DocumentedExampleTests.channels)
            defer { process.end() }
            var examples: [(service: RunningSystem.Service, operation: ContractOperation)] = []
            // The orders' examples mean the order that the first of them makes.
            for (name, service) in [
                ("orders", RunningSystem.Service.orders), ("orchestrator", .orchestrator), ("customers", .customers),
                ("notifier", .notifier),
            ] {
                examples += try OpenAPIContract(name).operations.map { (service, $0) }
            }
            #expect(Set(OpenAPIContract.names).count == 4)
            // What the examples deactivate, other examples order, and of whom they erase nothing is left to change: so these come last.
            let erasing = examples.filter { $0.operation.id == "eraseCustomer" }
            let last = examples.filter { $0.operation.id.hasPrefix("deactivate") } + erasing
            let early = examples.filter { example in !last.contains { $0.operation.id == example.operation.id } }
            let elsewhere: Set = [
                // Who has no account, no mail and no session cannot log in: RegistrationTests, LoginTests and SessionTests.
                "register", "showConfirmation", "confirmRegistration", "login", "refresh", "logout",
                // Nothing is left to do for an order that has ended: SagaAdministrationTests.
                "getSaga", "redriveSaga", "discardSaga",
            ]
            for (service, operation) in early + last where !elsewhere.contains(operation.id) {
                for (title, example) in operation.exampleRequests {
                    var request = example
                    request.headers["Authorization"] = "Bearer \(RunningSystem.acceptedToken(for: operation))"
                    let reply = try script.client(service).send(request)
                    #expect(reply.response.status.isSuccess, "\(title): \(reply.status) \(reply.json)")
                }
            }
        }

        /// `OrdersAPI` by that name, with the secret that the services have.
        private var ordersCommand: String {
            """
            OrdersAPI() { JWT_SECRET=\(RunningSystem.jwtSecret) \
                "\(ServiceProcess.productsDirectory.appendingPathComponent("OrdersAPI").path)" "$@"; }

            """
        }

        private var shells: [String] {
            ["bash", "sh", "zsh"].filter { FileManager.default.isExecutableFile(atPath: "/bin/\($0)") }
        }

        /// The document's shell blocks, one after the other.
        private func commands(in document: String) throws -> String {
            try RepositoryFile(document).text().matches(of: /(?ms)^```sh\n(.*?)^```/).map { $0.1 }
                .filter { $0.contains("curl ") }.joined(separator: "\n")
        }

        /// Runs `commands` in one shell, as somebody pastes them, and expects a status of 2xx from each curl.
        private func expectSuccess(of commands: String, countMin: Int, in shell: String, _ script: StartScript) throws {
            let (output, statuses) = try run(commands, in: shell, script)
            #expect(statuses.count >= countMin, "\(shell): \(output)")
            #expect(statuses.count == commands.matches(of: #/(?m)(^|[ (])curl /#).count)
            for status in statuses { #expect(status.hasPrefix("2"), "\(shell): \(status)\n\(output)") }
        }

        /// - Returns: everything printed, and of each curl its status, method and URL.
        private func run(
            _ commands: some StringProtocol, in shell: String, _ script: StartScript
        ) throws -> (output: String, statuses: [String]) {
            let services: [Substring: RunningSystem.Service] = [
                "3001": .customers, "3002": .orders, "3003": .notifier, "3010": .orchestrator,
            ]
            let text = String(commands).replacing(#/:(3001|3002|3003|3010)\b/#) { match in
                ":\(services[match.1].flatMap { script.ports[$0] } ?? 0)"
            }
            let mark = "status: "
            let report =
                #"curl() { command curl --max-time 20 --write-out '%{stderr}\n\#(mark)%{http_code} %{method} %{url_effective}\n' "$@"; }"#
            let process = try ServiceProcess(
                shell, program: URL(fileURLWithPath: "/bin/\(shell)"), arguments: ["-c", report + "\n" + text],
                environment: ["PATH": "/usr/bin:/bin", "no_proxy": "127.0.0.1"])
            #expect(try process.waitForExit(seconds: 60) == 0, "\(process.text)")
            let statuses = process.text.split(separator: "\n").filter { $0.hasPrefix(mark) }
            return (process.text, statuses.map { String($0.dropFirst(mark.count)) })
        }
    }
}
