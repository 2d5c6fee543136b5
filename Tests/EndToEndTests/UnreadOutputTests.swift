import DatabaseTesting
import Glibc
import JSON
import RawHTTP
import SystemTesting
import Testing

extension EndToEndTests {
    /// Output that nobody reads: a collector that hangs, a terminal that is stopped.
    struct UnreadOutputTests {
        /// 4000 lines of some 500 bytes: more than a pipe and the queue before it hold together.
        private static let requestCount = 4000

        @Test func `a service whose output nobody reads serves, counts what it leaves out, and ends`() throws {
            try withUnreadService { service, connection in
                let droppedCount = try dropped(connection)
                #expect(droppedCount > 0)
                let start = uptimeNanoseconds()
                service.signal(SIGTERM)
                let status = try service.waitForExit(seconds: 15)
                #expect(status == 0)
                print(
                    "R15 | output unread | \(UnreadOutputTests.requestCount) requests answered",
                    "| \(droppedCount) lines dropped | SIGTERM: exit \(status) after",
                    "\((uptimeNanoseconds() - start) / 1_000_000) ms")
            }
        }

        @Test func `a reader that comes back finds whole lines only`() throws {
            try withUnreadService { service, connection in
                let droppedCount = try dropped(connection)
                service.readOn()
                service.signal(SIGTERM)
                #expect(try service.waitForExit(seconds: 15) == 0)
                let lines = service.text.split(separator: "\n").map { try? JSONParser.parse(Array($0.utf8)) }
                #expect(lines.allSatisfy { $0 != nil }, "A line that is not whole.")
                let unmatched = lines.count { $0?["operation"] == .string("unmatched") }
                #expect(unmatched + droppedCount >= UnreadOutputTests.requestCount)
                #expect(unmatched < UnreadOutputTests.requestCount)
                #expect(lines.last??["message"] == .string("stopped"))
            }
        }

        @Test(arguments: ["CustomersAPI", "OrdersAPI", "Orchestrator"])
        func `mistakes in the settings end a process whose output is full`(_ command: String) throws {
            let process = try ServiceProcess(command, environment: ["PORT": "x"], isOutputFull: true)
            defer { process.end() }
            #expect(try process.waitForExit(seconds: 10) == 78)
        }

        @Test func `a migration is carried out though the output is full`() throws {
            let schema = try TestDatabase.makeSchema()
            defer { try? schema.drop() }
            let process = try ServiceProcess(
                "CustomersAPI", arguments: ["migrate"], environment: RunningSystem.environment(schema.configuration),
                isOutputFull: true)
            defer { process.end() }
            #expect(try process.waitForExit() == 0)
        }

        @Test func `a service that has dropped no line says so`() throws {
            let service = try ServiceProcess("Orchestrator", environment: ["PORT": "0"])
            defer { service.end() }
            let connection = try RawConnection(port: service.waitForPort())
            #expect(try dropped(connection) == 0)
        }

        /// Lends a service that has answered more than it could log.
        private func withUnreadService(_ body: (ServiceProcess, RawConnection) throws -> Void) throws {
            let service = try ServiceProcess("Orchestrator", environment: ["PORT": "0"])
            defer {
                service.readOn()
                service.end()
            }
            let connection = try RawConnection(port: service.waitForPort())
            service.stopReading()
            let id = String(repeating: "a", count: 128)
            for _ in 0..<UnreadOutputTests.requestCount {
                connection.send("GET /nowhere HTTP/1.1\r\nHost: x\r\nX-Correlation-Id: \(id)\r\n\r\n")
                #expect(try connection.response().status == 404)
            }
            connection.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try connection.response().status == 200)
            try body(service, connection)
        }

        /// What the service says of lines that it did not write.
        private func dropped(_ connection: RawConnection) throws -> Int {
            connection.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            let lines = try connection.response().text.split(separator: "\n")
            let line = try #require(lines.first { $0.hasPrefix("log_lines_dropped_total ") })
            return try #require(Int(line.dropFirst("log_lines_dropped_total ".count)))
        }
    }
}
