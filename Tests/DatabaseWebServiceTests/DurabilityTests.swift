import BlockingTesting
import Concurrency
import DatabaseTesting
@testable import DatabaseWebService
import MySQL
import Testing

@Suite(.blocking) struct DurabilityTests {
    @Test func `a server that may lose acknowledged commits is named, with the setting`() throws {
        let server = try DedicatedTestServer(options: [
            "--innodb-flush-log-at-trx-commit=2", "--log-bin", "--sync-binlog=0",
        ])
        defer { server.stop() }
        let database = Database(server.configuration)
        defer { database.close() }
        let weaknesses = try Durability.weaknesses(of: database, by: .after(milliseconds: 10_000))
        #expect(
            weaknesses == [
                "innodb_flush_log_at_trx_commit is 2, not 1", "sync_binlog is 0, not 1, while log_bin is on",
            ])
    }

    @Test func `a server that keeps what it acknowledged is not complained about`() throws {
        let server = try DedicatedTestServer(options: ["--innodb-flush-log-at-trx-commit=1"])
        defer { server.stop() }
        let database = Database(server.configuration)
        defer { database.close() }
        #expect(try Durability.weaknesses(of: database, by: .after(milliseconds: 10_000)).isEmpty)
    }
}
