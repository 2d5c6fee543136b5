import Foundation
import RepositoryFiles
import SystemTesting
import Testing

extension EndToEndTests {
    /// What a shell offers at the tabulator key.
    struct CompletionTests {
        private static let services = ["CustomersAPI", "OrdersAPI", "Orchestrator", "Notifier", "PaymentSimulator"]

        /// What bash offers where `words` are on the line, the last of them unfinished, after it has read what `source` prints.
        private func offered(_ words: [String], source: String) throws -> [String] {
            let program = """
                set -euo pipefail
                source <(\(source))
                COMP_WORDS=("$@")
                COMP_CWORD=$(($# - 1))
                specification=$(complete -p "$1")
                function=${specification##* -F }
                "${function%% *}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            let process = try ServiceProcess(
                "bash", program: URL(fileURLWithPath: "/bin/bash"), arguments: ["-c", program, "bash"] + words,
                environment: [
                    "PATH": ServiceProcess.productsDirectory.path + ":/usr/bin:/bin", "HOME": "/",
                    "PRODUCTS_DIRECTORY": ServiceProcess.productsDirectory.path,
                ], directory: URL(fileURLWithPath: RepositoryFile.rootPath))
            defer { process.end() }
            #expect(try process.waitForExit(seconds: 60) == 0, "\(process.text)")
            return process.text.split(separator: "\n").map { String($0) }.sorted()
        }

        @Test(arguments: services) func `bash offers the commands that the help lists`(command: String) throws {
            let help = try ServiceProcess(command, arguments: ["--help"], environment: [:])
            #expect(try help.waitForExit() == 0)
            let listed = help.text.split(separator: "\n").drop { !$0.hasPrefix("Usage:") }.dropFirst()
                .prefix { $0.hasPrefix("  ") }.filter { !$0.hasPrefix("   ") }
                .compactMap { $0.split(separator: " ").first.map { String($0) } }
            #expect(listed.count >= 5)
            #expect(try offered([command, ""], source: "\(command) completion bash") == listed.sorted())
        }

        @Test func `bash offers a command's options, and leaves their values to the reader`() throws {
            let source = "OrdersAPI completion bash"
            #expect(try offered(["OrdersAPI", "re"], source: source) == ["rebase-events", "reconcile-events"])
            #expect(try offered(["OrdersAPI", "token", ""], source: source) == ["--customer", "--minutes"])
            #expect(try offered(["OrdersAPI", "token", "--customer", ""], source: source) == [])
            #expect(try offered(["OrdersAPI", "token", "--customer", "7", "--m"], source: source) == ["--minutes"])
            #expect(try offered(["OrdersAPI", "seed", "--"], source: source) == ["--orders"])
            #expect(try offered(["OrdersAPI", "completion", ""], source: source) == ["bash", "fish", "zsh"])
            #expect(try offered(["OrdersAPI", "migrate", ""], source: source) == [])
        }

        @Test func `bash offers what the scripts' help lists`() throws {
            let script = "scripts/run"
            #expect(
                try offered([script, "--"], source: "scripts/completion")
                    == ["--help", "--no-order", "--once", "--reset", "--watch"])
            #expect(
                try offered(["./scripts/postman", ""], source: "scripts/completion") == [
                    "--help", "check", "run", "write",
                ])
            #expect(try offered(["Orchestrator", "he"], source: "scripts/completion") == ["health"])
        }

        @Test(arguments: ["zsh", "fish"]) func `each command and option is there for other shells`(shell: String) throws
        {
            let process = try ServiceProcess("OrdersAPI", arguments: ["completion", shell], environment: [:])
            #expect(try process.waitForExit() == 0)
            for word in ["serve", "seed", "--orders", "token", "--customer", "rebase-events", "completion", "zsh"] {
                #expect(process.text.contains("'\(word)"), "\(process.text)")
            }
        }
    }
}
