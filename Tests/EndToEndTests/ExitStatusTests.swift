import Foundation
import RepositoryFiles
import SystemTesting
import Testing

extension EndToEndTests {
    /// The table of docs/command-line.md, which `--help` has as well.
    struct ExitStatusTests {
        private static let services = ["CustomersAPI", "OrdersAPI", "Orchestrator", "Notifier", "PaymentSimulator"]
        private static let key = ["SECRETS_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]

        private func run(
            _ command: String, _ arguments: [String], _ environment: [String: String] = [:]
        ) throws -> (status: Int32, text: String) {
            let process = try ServiceProcess(
                command, arguments: arguments, environment: Self.key.merging(environment) { $1 })
            defer { process.end() }
            return (try process.waitForExit(), process.text)
        }

        @Test(arguments: services) func `each status is told, and each is seen`(command: String) throws {
            let help = try run(command, ["--help"])
            #expect(help.status == 0)
            let documented = try RepositoryFile("docs/command-line.md").text()
            for status in ["0", "1", "2", "78"] {
                #expect(help.text.contains("\n  \(status.padding(20)) "), "\(help.text)")
                #expect(documented.contains("\n| \(status) | "))
            }
            #expect(try run(command, ["check"]).status == 0)
            #expect(try run(command, ["health"], ["PORT": "9"]).status == 1)
            #expect(try run(command, ["check"], ["PORT": "x"]).status == 78)
            // Before anything is read: a mistake in the settings would hide one in the words.
            for words in [["migrat"], ["serve", "now"], ["serve", "--fast"], ["completion"], ["completion", "tcsh"]] {
                let (status, text) = try run(command, words, ["PORT": "x"])
                #expect(status == 2, "\(words): \(text)")
                #expect(text.contains(words == ["migrat"] ? "--help" : "Usage: \(command) \(words[0])"), "\(text)")
            }
        }

        @Test func `help is to be had after a command, too, whatever the settings are`() throws {
            for words in [["help"], ["-h"], ["seed", "--help"], ["token", "-h"]] {
                let (status, text) = try run("OrdersAPI", words, ["PORT": "x"])
                #expect(status == 0 && text.contains("\n    --orders N"), "\(text)")
            }
        }

        @Test func `options are read in both ways of writing, and others are refused`() throws {
            let secret = ["JWT_SECRET": "a secret of thirty-two bytes or more"]
            for words in [["--customer", "7", "--minutes", "5"], ["--customer=7", "--minutes=5"]] {
                #expect(try run("OrdersAPI", ["token"] + words, secret).status == 0)
            }
            for words in [["--customer="], ["--customer"], ["--minutes", "5"], ["--customer", "7", "8"]] {
                #expect(try run("OrdersAPI", ["token"] + words, secret).status == 2, "\(words)")
            }
            #expect(try run("OrdersAPI", ["work"]).status == 78, "There is no payment gateway.")
            for words in [["seed", "--orders", "0"], ["seed", "--orders", "10000001"], ["rebase-events", "-1"]] {
                #expect(try run("OrdersAPI", words).status == 2, "\(words)")
            }
        }

        @Test func `scripts end with the same`() throws {
            for (script, words, status) in [
                ("run", ["--help"], 0), ("run", ["--fast"], 2), ("run", ["--once", "--watch"], 2),
                ("test", ["--filter"], 2),
                ("completion", ["--fast"], 2), ("mutants", ["no-such-mutant"], 1),
            ] as [(String, [String], Int32)] {
                let process = try ServiceProcess(
                    script, program: URL(fileURLWithPath: RepositoryFile("scripts/\(script)").path), arguments: words,
                    environment: ["PATH": "/usr/bin:/bin", "HOME": "/"])
                defer { process.end() }
                #expect(try process.waitForExit(seconds: 60) == status, "\(script) \(words): \(process.text)")
            }
        }
    }
}

extension String {
    fileprivate func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
