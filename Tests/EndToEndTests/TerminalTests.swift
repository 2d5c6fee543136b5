import DatabaseTesting
import Glibc
import HTTPMessages
import JSON
import RawHTTP
import SystemTesting
import Testing

extension EndToEndTests {
    /// What somebody sees who starts a service by hand.
    struct TerminalTests {
        private static let key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
        /// A title for the window, a color, the same by C1, a clear screen, a reversed text, a line of its own.
        private static let attack = "\u{1b}]0;owned\u{7}\u{1b}[31m\u{9b}32m\u{1b}c\u{202e}txt\r\n2026 INFO forged\u{7f}"
        private static let attackShown =
            #"\u001b]0;owned\u0007\u001b[31m\u009b32m\u001bc\u202etxt\r\n2026 INFO forged\u007f"#

        /// What a terminal would act on, once the colors and the erasures that the services write themselves are taken away.
        private func controls(_ text: String) -> [Unicode.Scalar] {
            text.replacing(/\u{1b}\[[0-9;]*m|\r\u{1b}\[K|\r\n/, with: "").unicodeScalars.filter { scalar in
                switch scalar.value {
                case 0x0A: false
                case 0x00...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
                default: false
                }
            }
        }

        /// Has the program that shows webhooks log what an attacker sends.
        private func attacked(_ environment: [String: String]) throws -> String {
            let process = try TerminalProcess(
                "Notifier", arguments: ["show-webhooks"],
                environment: environment.merging(["PORT": "0", "SECRETS_KEY": Self.key]) { $1 })
            defer { process.end() }
            let connection = try RawConnection(port: process.waitForPort())
            let body = JSONWriter.object { $0.member("type", Self.attack) }
            connection.send(
                "POST /webhooks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
            )
            connection.send(body)
            #expect(try connection.response().status == 204)
            try waitUntil { process.text.contains("owned") }
            process.signal(SIGTERM)
            #expect(try process.waitForExit() == 0)
            return process.text
        }

        @Test func `a terminal shows text in colors, and of what attackers send the text only`() throws {
            let text = try attacked(["TERM": "xterm-256color"])
            #expect(text.contains(Self.attackShown), "\(text)")
            #expect(controls(text) == [], "\(text)")
            #expect(text.contains("\u{1b}[32mINFO\u{1b}[0m  webhook received\u{1b}[36m type=\u{1b}[0m\""), "\(text)")
        }

        @Test(arguments: [["TERM": "xterm", "NO_COLOR": "1"], ["TERM": "dumb"], [:]])
        func `without colors it is the same text`(environment: [String: String]) throws {
            let text = try attacked(environment)
            #expect(text.contains(#" INFO webhook received type="\#(Self.attackShown)" subject="""#), "\(text)")
            #expect(!text.contains("\u{1b}") && controls(text) == [], "\(text)")
        }

        @Test func `a terminal gets JSON where that is asked for`() throws {
            let text = try attacked(["TERM": "xterm", "LOG_FORMAT": "json"])
            let lines = text.split(whereSeparator: \.isNewline)
            #expect(lines.count > 2 && lines.allSatisfy { (try? JSONParser.parse(Array($0.utf8))) != nil }, "\(text)")
        }

        @Test(arguments: [("auto", true), ("json", true), ("text", false)])
        func `whatever else reads gets JSON unless text is asked for`(format: String, isJSON: Bool) throws {
            let process = try ServiceProcess(
                "Orchestrator", environment: ["PORT": "0", "LOG_FORMAT": format, "TERM": "xterm"])
            defer { process.end() }
            try waitUntil { process.text.contains("listening") && process.text.hasSuffix("\n") }
            process.signal(SIGTERM)
            #expect(try process.waitForExit() == 0)
            #expect(process.text.split(separator: "\n").allSatisfy { $0.hasPrefix("{") == isJSON }, "\(process.text)")
            #expect(!process.text.contains("\u{1b}"))
        }

        @Test func `the audit log of a terminal is text, too, whatever the level is`() throws {
            try withSystem([.customers]) { system in
                let process = try TerminalProcess(
                    "CustomersAPI",
                    environment: RunningSystem.environment(system.schema.configuration).merging([
                        "PORT": "0", "TERM": "xterm", "NO_COLOR": "1", "LOG_FORMAT": "text", "LOG_LEVEL": "info",
                        "AUDIT_LOG": "on",
                    ]) { $1 })
                defer { process.end() }
                let client = try RunningSystem.client(.customers, port: process.waitForPort())
                _ = try client.send(
                    .post, "/admin/customers/create-customer",
                    #"{"name":"Ana","email":"ana@shop.example","phone":"555"}"#)
                try waitUntil { process.text.contains(#" INFO audit "#) }
                #expect(process.text.contains(#"outcome="done""#), "\(process.text)")
            }
        }

        @Test func `words of others on standard error are text only`() throws {
            let process = try TerminalProcess(
                "OrdersAPI", arguments: ["migrate\u{1b}[31m\u{9b}2J"], environment: ["TERM": "xterm"])
            defer { process.end() }
            #expect(try process.waitForExit() == 2)
            #expect(process.text.contains(#"There is no command "migrate\u001b[31m\u009b2J""#), "\(process.text)")
        }

        @Test func `a terminal that nobody reads stops nobody`() throws {
            let process = try TerminalProcess("Orchestrator", environment: ["PORT": "0", "TERM": "xterm"])
            defer { process.end() }
            let connection = try RawConnection(port: process.waitForPort())
            process.stopReading()
            for _ in 0..<400 {
                connection.send("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try connection.response().status == 404)
            }
            process.signal(SIGTERM)
            #expect(try process.waitForExit(seconds: 15) == 0)
        }

        @Test func `seeding and migrations rewrite one line of a terminal`() throws {
            let schema = try TestDatabase.makeSchema()
            defer { try? schema.drop() }
            let environment = RunningSystem.environment(schema.configuration).merging(["TERM": "xterm"]) { $1 }
            let migration = try TerminalProcess("OrdersAPI", arguments: ["migrate"], environment: environment)
            defer { migration.end() }
            #expect(try migration.waitForExit() == 0, "\(migration.text)")
            #expect(migration.text.contains("duration_ms"), "\(migration.text)")
            let process = try TerminalProcess(
                "OrdersAPI", arguments: ["seed", "--orders", "30000"], environment: environment, columns: 60)
            defer { process.end() }
            #expect(try process.waitForExit(seconds: 60) == 0, "\(process.text)")
            let shown = process.text.matches(of: /\r\u{1b}\[K(orders: [^\r\u{1b}\n]*)/).map { String($0.1) }
            #expect(shown.contains { $0.wholeMatch(of: /orders: [\d,]+ of 30,000 \(\d+ %\).*/) != nil }, "\(shown)")
            #expect(shown.allSatisfy { $0.count < 60 }, "\(shown)")
            // The line is gone before the last one comes.
            let last = process.text.split { $0 == "\r\n" || $0 == "\n" }.last ?? ""
            #expect(last.contains(/\r\u{1b}\[K\u{1b}\[2m20[^\r]*seeded/), "\(last.debugDescription)")
            #expect(controls(process.text) == [])
        }
    }
}
