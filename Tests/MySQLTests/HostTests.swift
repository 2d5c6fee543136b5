// Two servers with the same tables: one goes away, falls silent or refuses to serve, and the other does the work.
import BlockingTesting
import Concurrency
import DatabaseTesting
import FreePorts
import MySQL
import Testing

@Suite(.blocking) struct HostTests {
    private let first: DedicatedTestServer
    private let second: DedicatedTestServer
    private let schema: TestSchema
    private let events = EventLog()

    init() throws {
        first = try DedicatedTestServer()
        second = try DedicatedTestServer()
        schema = try first.makeSchema()
        for configuration in [schema.configuration, second.configuration] {
            var here = configuration
            here.database = schema.configuration.database
            try Database.createSchemaIfMissing(here, by: soon)
            let database = Database(here)
            defer { database.close() }
            _ = try database.transaction(by: soon) { (transaction) throws(DatabaseError) in
                try transaction.execute("CREATE TABLE events (id INT PRIMARY KEY)")
            }
        }
    }

    @Test func `the first host that lets in is used, and one that does not is left alone`() throws {
        let nowhere = DatabaseHost("127.0.0.1", port: try freePort())
        let database = database(hosts: [nowhere, host(second), host(first)], pauseMilliseconds: 60_000)
        defer { database.close() }
        #expect(try port(database) == second.configuration.port)
        // Each holds a connection, so that each needs a new one.
        let inside = Turnstile()
        let count = Lock(0)
        inParallel(
            (0..<4).map { _ in
                {
                    try? database.read(by: soon) { (_: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                        if count.withLock({
                            $0 += 1; return $0
                        }) == 4 {
                            inside.open()
                        }
                        inside.pass()
                    }
                }
            })
        #expect(refusals == [nowhere])
        let connects = events.all.count { if case .connected = $0 { true } else { false } }
        #expect(connects == 4)
    }

    @Test func `when no host lets in, that is said in time`() throws {
        let hosts = try (0..<3).map { _ in DatabaseHost("127.0.0.1", port: try freePort()) }
        let database = database(hosts: hosts)
        defer { database.close() }
        let start = Deadline.nowUptimeNanoseconds()
        for _ in 0..<2 {
            #expect { try database.ping(by: soon) } throws: {
                if case .unavailable = $0 as? DatabaseError { true } else { false }
            }
        }
        #expect(Deadline.nowUptimeNanoseconds() - start < 4_000_000_000)
    }

    @Test func `a killed host is replaced within a transaction, and used again when it is back`() throws {
        let database = database(hosts: [host(first), host(second)], pauseMilliseconds: 200)
        defer { database.close() }
        try insert(1, database)
        first.kill9()
        try insert(2, database)
        #expect(try stored(on: second) == [2])
        try first.start()
        let deadline = soon
        while try port(database) != first.configuration.port, !deadline.hasPassed { Thread.sleep(milliseconds: 20) }
        try insert(3, database)
        #expect(try stored(on: first) == [1, 3])
        #expect(events.all.contains(.hostServes(host(first))))
        #expect(database.load.inUse == 0)
    }

    @Test func `a host that falls silent in a transaction holds it up for seconds, not until the deadline`() throws {
        let database = database(hosts: [host(first), host(second)])
        defer { database.close() }
        try insert(1, database)
        try first.pause()
        defer { try? first.resume() }
        let start = Deadline.nowUptimeNanoseconds()
        inParallel((2..<6).map { number in { do { try insert(number, database) } catch { Issue.record(error) } } })
        #expect(Deadline.nowUptimeNanoseconds() - start < 8_000_000_000)
        #expect(try stored(on: second) == [2, 3, 4, 5])
        #expect(refusals == [host(first)])
    }

    @Test func `a long wait for a lock is no silence`() throws {
        let database = database(hosts: [host(first), host(second)])
        defer { database.close() }
        try insert(1, database)
        let held = Turnstile()
        let holder = Thread.start {
            try? database.transaction(by: soon) { (transaction) throws(DatabaseError) in
                try transaction.execute("UPDATE events SET id = 7 WHERE id = 1")
                held.open()
                Thread.sleep(milliseconds: 1800)
            }
        }
        held.pass()
        _ = try database.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute("DELETE FROM events WHERE id = 1 OR id = 7")
        }
        try #require(holder).join()
        #expect(refusals == [])
        #expect(try stored(on: first) == [])
    }

    @Test func `a host that is read-only is passed over`() throws {
        try command("SET GLOBAL read_only = 1", on: first)
        let database = database(hosts: [host(first), host(second)])
        defer { database.close() }
        #expect(try port(database) == second.configuration.port)
        #expect(refusals == [host(first)])
    }

    @Test func `a host that becomes read-only under a transaction has it run again on the next`() throws {
        // Who may do everything may also write to a server that is read-only.
        for server in [first, second] {
            try command("CREATE USER 'writer'@'%' IDENTIFIED BY 'only'", on: server)
            try command("GRANT SELECT, INSERT ON *.* TO 'writer'@'%'", on: server)
        }
        var configuration = schema.configuration
        configuration.hosts = [host(first), host(second)]
        configuration.username = "writer"
        configuration.password = "only"
        let database = Database(configuration, observe: events.observe)
        defer { database.close() }
        try insert(1, database)
        try command("SET GLOBAL read_only = 1", on: first)
        try insert(2, database)
        #expect(try stored(on: second) == [2])
        #expect(refusals == [host(first)])
    }

    @Test func `migrations are applied through the first host only`() throws {
        let nowhere = DatabaseHost("127.0.0.1", port: try freePort())
        let history = [Migration(name: "m0001_create", sql: "CREATE TABLE IF NOT EXISTS made (id INT PRIMARY KEY)")]
        let ahead = database(hosts: [host(first), host(second)])
        let cutOff = database(hosts: [nowhere, host(first)])
        defer {
            ahead.close()
            cutOff.close()
        }
        #expect {
            try Migrator(database: cutOff, service: "tests", migrations: history).migrate(by: soon)
        } throws: { if case .database(.unavailable) = $0 as? MigrationError { true } else { false } }
        #expect(try Migrator(database: ahead, service: "tests", migrations: history).migrate(by: soon).count == 1)
        // Any host tells that there is nothing to do.
        #expect(try Migrator(database: cutOff, service: "tests", migrations: history).migrate(by: soon) == [])
    }

    /// The hosts that were found to fail, in order.
    private var refusals: [DatabaseHost] {
        events.all.compactMap { if case .hostFailed(let host, _) = $0 { host } else { nil } }
    }

    private func host(_ server: DedicatedTestServer) -> DatabaseHost { server.configuration.hosts[0] }

    private func database(hosts: [DatabaseHost], pauseMilliseconds: Int = 5000) -> Database {
        var configuration = schema.configuration
        configuration.hosts = hosts
        configuration.hostPauseMilliseconds = pauseMilliseconds
        return Database(configuration, observe: events.observe)
    }

    private func insert(_ number: Int, _ database: Database) throws(DatabaseError) {
        _ = try database.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute("INSERT INTO events VALUES (\(number))")
        }
    }

    private func port(_ database: Database) throws -> Int? {
        try database.read(by: soon) { (session) throws(DatabaseError) in
            try session.queryFirst("SELECT @@port") { (row) throws(DatabaseError) in try row.int(0) }
        }
    }

    private func stored(on server: DedicatedTestServer) throws -> [Int] {
        let database = database(hosts: [host(server)])
        defer { database.close() }
        return try database.read(by: soon) { (session) throws(DatabaseError) in
            try session.query("SELECT id FROM events ORDER BY id") { (row) throws(DatabaseError) in try row.int(0) }
        }
    }

    private func command(_ statement: SQL, on server: DedicatedTestServer) throws {
        let database = database(hosts: [host(server)])
        defer { database.close() }
        _ = try database.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute(statement)
        }
    }

    private var soon: Deadline { .after(milliseconds: 30_000) }
}
