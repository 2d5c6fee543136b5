import ContractReading
import Foundation
import FreePorts
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

        /// What a document's commands need that is no part of it.
        private static let preludes = ["serverless/README.md": "URL=http://127.0.0.1:3010 API_TOKEN=none\n"]

        /// `scripts/lib/test/documents` sees to it that every other block names the test that runs it, or says why none can.
        @Test func `every command that is shown works, as often as it is pasted`() throws {
            let script = try StartScript()
            defer { script.remove() }
            try script.linkProducts()
            // Made by scripts/run itself, so that commands find it where users do.
            var settings = DocumentedExampleTests.channels.merging(["JWT_SECRET": ""]) { $1 }
            let origin = try RepositoryFile("docs/how-to.md").text().firstMatch(
                of: /(?m)^CORS_ORIGINS=(\S+) scripts\/run$/)
            settings["CORS_ORIGINS"] = try String(#require(origin).1)
            let process = try script.startAndWait(settings: settings)
            defer { process.end() }
            let printed = process.text.split(separator: "\n").filter {
                $0.hasPrefix("  curl ") || $0.hasPrefix("    -d ")
            }
            .joined(separator: "\n")
            let documents = try documents()
            for known in ["README.md", "docs/tutorial.md", "docs/how-to.md", "docs/async-orders.md", "docs/events.md"] {
                #expect(documents.contains { $0.name == known })
            }
            for shell in shells {
                try expectSuccess(of: printed, "what scripts/run prints", in: shell, script)
                for document in documents {
                    let prelude = DocumentedExampleTests.preludes[document.name] ?? ""
                    try expectSuccess(of: prelude + document.commands, document.name, in: shell, script)
                }
            }
            let readme = try #require(documents.first { $0.name == "README.md" })
            let first = try #require(readme.commands.split(separator: "\n\n").first)
            let again = try run(first + " --include", in: "bash", script).output
            #expect(again.contains("Idempotency-Replayed: true"), "\(again)")
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
                // What there is of the pages is for whoever installs them: WebPagesTests.
                "getConsole", "getConsoleStyle", "getConsoleScript",
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

        private var shells: [String] {
            ["bash", "sh", "zsh"].filter { FileManager.default.isExecutableFile(atPath: "/bin/\($0)") }
        }

        /// The documents that have shell blocks without a note above, and those blocks, one after the other.
        private func documents() throws -> [(name: String, commands: String)] {
            var names = ["README.md"]
            for folder in ["docs", "serverless", "deploy", "Examples", "bench", "openapi"] {
                let files = FileManager.default.enumerator(atPath: RepositoryFile(folder).path)
                while let file = files?.nextObject() as? String {
                    if file.hasSuffix(".md") { names.append("\(folder)/\(file)") }
                }
            }
            return try names.compactMap { name in
                let blocks = try RepositoryFile(name).text().matches(of: /(?ms)^([^\n]*)\n```sh\n(.*?)^```/)
                    .filter { !$0.1.hasPrefix("<!-- ") }
                return blocks.isEmpty ? nil : (name, blocks.map { String($0.2) }.joined(separator: "\n"))
            }
        }

        /// Runs `commands` in one shell, as somebody pastes them, and expects of each curl the status that a comment above names, such as
        /// `# answers 422`, or one of 2xx.
        private func expectSuccess(
            of commands: String, _ document: String, in shell: String, _ script: StartScript
        ) throws {
            let (output, statuses) = try run(commands, in: shell, script)
            let expected = commands.matches(of: #/(?m)(?:^# answers (\d{3})\n)?^(?:|.*[ (])curl /#).map { $0.1 ?? "2" }
            #expect(statuses.count == expected.count, "\(document), \(shell): \(output)")
            for (status, expected) in zip(statuses, expected) {
                #expect(status.hasPrefix(expected), "\(document), \(shell): \(status)\n\(output)")
            }
        }

        /// - Returns: everything printed, and of each curl its status, method and URL.
        private func run(
            _ commands: some StringProtocol, in shell: String, _ script: StartScript
        ) throws -> (output: String, statuses: [String]) {
            let second = String(try freePort())
            let text = String(commands).replacing(#/\b(3001|3002|3003|3004|3010|3020|3101)\b/#) { match in
                switch match.1 {
                case "3001": String(script.ports[.customers] ?? 0)
                case "3002": String(script.ports[.orders] ?? 0)
                case "3003": String(script.ports[.notifier] ?? 0)
                case "3004": String(script.webhookPort)
                case "3010": String(script.ports[.orchestrator] ?? 0)
                case "3020": String(script.ports[.paymentSimulator] ?? 0)
                default: second
                }
            }
            let mark = "status: "
            let report =
                #"curl() { command curl --max-time 20 --write-out '%{stderr}\n\#(mark)%{http_code} %{method} %{url_effective}\n' "$@"; }"#
            let process = try ServiceProcess(
                shell, program: URL(fileURLWithPath: "/bin/\(shell)"), arguments: ["-c", report + "\n" + text],
                environment: ["PATH": "/usr/bin:/bin", "no_proxy": "127.0.0.1"], directory: script.folder)
            #expect(try process.waitForExit(seconds: 60) == 0, "\(process.text)")
            let statuses = process.text.split(separator: "\n").filter { $0.hasPrefix(mark) }
            return (process.text, statuses.map { String($0.dropFirst(mark.count)) })
        }
    }
}
