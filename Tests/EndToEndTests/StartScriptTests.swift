import DatabaseTesting
import Foundation
import HTTPMessages
import RepositoryFiles
import SystemTesting
import Testing

extension EndToEndTests {
    /// `scripts/run` in the hands of somebody who has it for the first time.
    struct StartScriptTests {
        private let script: StartScript

        init() throws { script = try StartScript() }

        /// Runs it to its end, and gives what it said.
        private func refusal(
            _ arguments: [String] = [], _ settings: [String: String] = [:], status: Int32 = 1
        ) throws -> String {
            defer { script.remove() }
            let process = try script.start(arguments, settings: settings)
            defer { process.end() }
            #expect(try process.waitForExit(seconds: 60) == status, "\(process.text)")
            return process.text
        }

        @Test func `every mistake in the settings is told at once, once, and without what may be a secret`() throws {
            try script.write(
                dotEnv: """
                    ORDERS_PORT=abc
                    DB_HSOT=s3cret
                    DB_PORT=x
                    RESERVATION_TTL_MINUTES=soon
                    ORDERS_API_BASE=nowhere
                    ORDERS_PROT=s3cret
                    s3cret
                    DB_PASSWORD="s3cret

                    """)
            let text = try refusal([], ["ORDERS_PORT": "", "DB_PORT": ""], status: 78)
            for mistake in [
                "ORDERS_PORT must be a port from 1 to 65535, not \"abc\".",
                "DB_PORT must be a whole number from 1 to 65535, not \"x\".",
                "RESERVATION_TTL_MINUTES must be a whole number from 1 to 10080, not \"soon\".",
                "ORDERS_API_BASE must be a URL such as http://127.0.0.1:3002.", ".env line 7 is not NAME=value.",
                ".env line 8 does not close the quote around the value of DB_PASSWORD.",
                "Warning: .env line 2: DB_HSOT is not a setting; did you mean DB_HOST?",
                "Warning: .env line 6: ORDERS_PROT is not a setting; did you mean ORDERS_PORT?",
            ] {
                #expect(
                    text.split(separator: mistake, omittingEmptySubsequences: false).count == 2, "\(mistake)\n\(text)")
            }
            #expect(!text.contains("s3cret"), "\(text)")
        }

        @Test func `a .env that cannot be read is told`() throws {
            try FileManager.default.createDirectory(
                at: script.folder.appendingPathComponent(".env"), withIntermediateDirectories: false)
            #expect(try refusal(status: 78).contains(".env is there and cannot be read"))
        }

        @Test(arguments: [
            (["DB_PASSWORD": "s3cret"], "Access denied for user"), (["DB_PORT": "1"], "Can't connect to"),
            (["DB_HOST": "db.invalid"], "Unknown "),
        ])
        func `what the database said is told`(settings: [String: String], cause: String) throws {
            let database = try TestDatabase.makeSchema()
            defer { try? database.drop() }
            let right = RunningSystem.environment(database.configuration).filter { $0.key.hasPrefix("DB_") }
            let text = try refusal([], right.merging(settings) { $1 })
            #expect(text.contains("customers could not migrate"), "\(text)")
            #expect(text.contains(cause), "\(text)")
            #expect(text.contains("(DB_USERNAME@DB_HOST:DB_PORT/DB_NAME)"), "\(text)")
            #expect(!text.contains("s3cret") && !text.contains("line above"), "\(text)")
        }

        @Test(arguments: [[], ["--reset"]]) func `a folder of somebody else's is left as it is`(arguments: [String])
            throws
        {
            let foreign = script.folder.appendingPathComponent("it's mine")
            let log = foreign.appendingPathComponent("logs/years.log")
            try FileManager.default.createDirectory(
                at: log.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("years".utf8).write(to: log)
            let process = try script.start(arguments, settings: ["RUN_DIRECTORY": foreign.path])
            defer {
                process.end()
                script.remove()
            }
            #expect(try process.waitForExit(seconds: 60) == 1)
            #expect(process.text.contains("has a \"logs\" that scripts/run did not make"), "\(process.text)")
            #expect(try String(contentsOf: log, encoding: .utf8) == "years")
            #expect(try FileManager.default.contentsOfDirectory(atPath: foreign.path) == ["logs"])
        }

        @Test func `--reset begins anew, and deletes nothing else that lies there`() throws {
            defer { script.remove() }
            let folder = script.folder.appendingPathComponent("data")
            let notes = folder.appendingPathComponent("notes.txt")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data("mine".utf8).write(to: notes)
            let settings = ["RUN_DIRECTORY": folder.path, "SERVICE_TOKEN": ""]
            var secrets: [String] = []
            for arguments in [["--once"], ["--once", "--no-order"], ["--once", "--reset"]] {
                let process = try script.start(arguments, settings: settings)
                defer { process.end() }
                #expect(try process.waitForExit(seconds: 120) == 0, "\(process.text)")
                #expect(arguments.contains("--no-order") || process.text.contains(#""id": 1,"#), "\(process.text)")
                secrets.append(
                    try String(contentsOf: folder.appendingPathComponent("secrets.env"), encoding: .utf8))
            }
            #expect(secrets[0] == secrets[1] && secrets[1] != secrets[2])
            #expect(try String(contentsOf: notes, encoding: .utf8) == "mine")
        }

        @Test func `two that start at once have a database each, though both find the same port free`() throws {
            let scripts = [script, try StartScript()]
            defer { for script in scripts { script.remove() } }
            let processes = try scripts.map { try $0.start(["--once", "--no-order"]) }
            defer { for process in processes { process.end() } }
            for process in processes {
                #expect(try process.waitForExit(seconds: 120) == 0, "\(process.text)")
            }
        }

        @Test func `a service that dies is named with the end of its log, and the others stay up until the last`()
            throws
        {
            defer { script.remove() }
            let process = try script.startAndWait()
            defer { process.end() }
            try kill(.orders)
            try waitUntil { process.text.contains("orders stopped by itself (status 137, SIGKILL)") }
            try waitUntil { process.text.contains("The other services stay up") }
            let log = script.runDirectory.appendingPathComponent("logs/orders.log").path
            #expect(process.text.contains("The end of its log, \(log):\n  "), "\(process.text)")
            #expect(try script.client(.customers).send(.get, "/admin/customers/find-one/1").status == 200)
            try kill(.customers)
            try waitUntil { process.text.contains("customers stopped by itself") }
            #expect(process.isRunning)
            try kill(.orchestrator)
            try kill(.notifier)
            try kill(.notifier, port: script.webhookPort)
            try kill(.paymentSimulator)
            #expect(try process.waitForExit(seconds: 60) == 1)
            #expect(process.text.contains("No service is left"))
        }

        @Test func `a folder in which Swift cannot build is refused before anything is tried`() throws {
            let text = try refusal([], ["PRODUCTS_DIRECTORY": ""])
            #expect(text.contains("its path has a double quote, a backslash or a control character"), "\(text)")
        }

        @Test func `a build says how far it is, and what it ended with`() throws {
            defer { script.remove() }
            let program = """
                set -euo pipefail
                library=$1/scripts/lib
                for part in output processes progress build; do . "$library/$part.sh"; done
                progress_seconds=1
                status=0
                collected=$(run_build "$1/log" bash -c 'echo "[7/48] Compiling"; sleep 2.5; exit 3' 2>&1) || status=$?
                echo "collected <$collected> status $status"
                """
            let process = try ServiceProcess(
                "bash", program: URL(fileURLWithPath: "/bin/bash"),
                arguments: ["-c", program, "bash", script.folder.path], environment: ["PATH": "/usr/bin:/bin"])
            #expect(try process.waitForExit() == 0)
            #expect(process.text.contains(" s: [7/48] Compiling\n"), "\(process.text)")
            #expect(!process.text.contains("\r"), "\(process.text)")
            #expect(process.text.hasSuffix("collected <> status 3\n"), "\(process.text)")
        }

        /// What `scripts/run --watch` needs of Swift: each program is the real one, with the setting that is its source.
        private static let compiler = """
            #!/bin/bash
            set -eu
            if grep -rn '#error' Sources; then
                echo "Sources/OrdersAPI/main.swift:1:1: error: there is no such thing"
                exit 1
            fi
            mkdir -p .build/debug
            for source in Sources/*/main.swift; do
                product=$(basename "$(dirname "$source")")
                printf '#!/bin/bash\nexport %s\nexec %q "$@"\n' "$(cat "$source")" "$REAL_PROGRAMS/$product" >.build/new
                chmod +x .build/new
                cmp -s .build/new ".build/debug/$product" || mv .build/new ".build/debug/$product"
            done
            """

        @Test func `--watch starts anew what changes, and goes on as it was while that does not compile`() throws {
            script.remove()
            let script = try StartScript(folder: "clone")
            defer { script.remove() }
            for product in ["CustomersAPI", "OrdersAPI", "Orchestrator", "Notifier", "PaymentSimulator"] {
                try script.write("NOTHING=1", to: "Sources/\(product)/main.swift")
            }
            try script.write("", to: "Package.swift")
            try script.write(Self.compiler, to: "tools/swift", isProgram: true)
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            let process = try script.start(
                ["--watch", "--no-order"],
                settings: [
                    "PATH": script.folder.appendingPathComponent("tools").path + ":" + path, "PRODUCTS_DIRECTORY": "",
                    "REAL_PROGRAMS": ServiceProcess.productsDirectory.path,
                ])
            defer { process.end() }
            try waitUntil(seconds: 60) { process.text.contains("Ctrl-C stops everything") || !process.isRunning }
            let source = "Sources/OrdersAPI/main.swift"
            func waitForAnswer(_ status: Int) throws {
                try waitUntil {
                    try script.client(.orders).send(.get, "/admin/products/find-all").status == status
                }
            }
            try waitForAnswer(200)
            try script.write("API_TOKEN=0123456789abcdef", to: source)
            try waitForAnswer(401)
            try waitUntil { process.text.contains("\(source) has changed.") && process.text.contains("  orders\n") }
            try script.write("#error", to: source)
            try waitUntil { process.text.contains("the services go on as they were") }
            #expect(process.text.contains("error: there is no such thing"), "\(process.text)")
            try waitForAnswer(401)
            try script.write("NOTHING=2", to: source)
            try waitForAnswer(200)
            func starts(of service: String) throws -> Int {
                let log = script.runDirectory.appendingPathComponent("logs/\(service).log")
                return try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
                    .count { $0.contains("\"message\":\"listening\"") }
            }
            #expect(try starts(of: "orders") == 3 && starts(of: "customers") == 1)
            process.signal(SIGINT)
            #expect(try process.waitForExit(seconds: 60) == 0, "\(process.text)")
            #expect(
                !FileManager.default.fileExists(atPath: script.runDirectory.appendingPathComponent("changes").path))
        }

        @Test func `a private system has none of this machine's settings`() throws {
            defer { script.remove() }
            let program = """
                set -euo pipefail
                . "$1/scripts/lib/all.sh"
                choose_run_command 26001 "$2"
                printf '%s\\n' "${run_command[@]}"
                """
            let process = try ServiceProcess(
                "bash", program: URL(fileURLWithPath: "/bin/bash"),
                arguments: ["-c", program, "bash", RepositoryFile.rootPath, script.folder.path],
                environment: ["PATH": "/usr/bin:/bin"])
            #expect(try process.waitForExit() == 0, "\(process.text)")
            let words = Set(process.text.split(separator: "\n").map { String($0) })
            let names = try RepositoryFile(".env.example").text().matches(of: /(?m)^#([A-Z_]+)=/).map { String($0.1) }
            #expect(names.count > 100)
            for name in names where !["SERVICE_TOKEN", "API_TOKEN", "JWT_SECRET"].contains(name) {
                #expect(words.contains("\(name)="), "\(name)")
            }
        }

        /// Kills the service as the kernel would for want of memory.
        private func kill(_ service: RunningSystem.Service, port: Int? = nil) throws {
            let program = ServiceProcess.productsDirectory.appendingPathComponent(service.rawValue).path
            let port = "PORT=\(port ?? script.ports[service, default: 0])"
            for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
                guard let process = Int32(entry),
                    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(entry)/exe")) == program,
                    let environment = FileManager.default.contents(atPath: "/proc/\(entry)/environ"),
                    environment.split(separator: 0).contains(where: { $0.elementsEqual(port.utf8) })
                else { continue }
                Foundation.kill(process, SIGKILL)
            }
        }
    }
}
