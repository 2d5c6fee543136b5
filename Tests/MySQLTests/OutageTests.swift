// Connections that are killed, a server that restarts, is killed, stays away or says nothing.
import BlockingTesting
import Concurrency
import DatabaseTesting
import Glibc
import MySQL
import Testing

@Suite(.blocking) struct OutageTests {
    private let events = EventLog()

    @Test(arguments: [false, true])
    func `a transaction whose connection is killed runs again on another`(swallows: Bool) throws {
        let schema = try TestDatabase.makeSchema()
        let database = Database(schema.configuration, observe: events.observe)
        try makeTable(database)
        let runs = Lock(0)
        try database.transaction(by: soon) { (transaction) throws(DatabaseError) in
            let run = runs.withLock { runs in
                runs += 1
                return runs
            }
            try transaction.execute("INSERT INTO events VALUES (\(run))")
            if run == 1 { kill(try identifier(in: transaction), on: schema.configuration) }
            do throws(DatabaseError) {
                try transaction.execute("INSERT INTO events VALUES (\(run + 100))")
            } catch {
                // Swallowed, it must not pass for a connection lost during COMMIT.
                if !swallows { throw error }
            }
        }
        #expect(try stored(database) == [2, 102])
        #expect(events.retries.count == 1)
    }

    @Test func `a read whose connection is killed runs once more, and not twice`() throws {
        let schema = try TestDatabase.makeSchema()
        let database = Database(schema.configuration, observe: events.observe)
        for (kills, succeeds) in [(1, true), (2, false)] {
            let left = Lock(kills)
            let read = { () throws(DatabaseError) in
                try database.read(by: soon) { (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                    let isToBeKilled = left.withLock { left in
                        left -= 1
                        return left >= 0
                    }
                    if isToBeKilled { kill(try identifier(in: session), on: schema.configuration) }
                    return try session.query("SELECT 1").count
                }
            }
            if succeeds {
                #expect(try read() == 1)
            } else {
                #expect { try read() } throws: { if case .unavailable = $0 as? DatabaseError { true } else { false } }
            }
        }
        #expect(database.load.inUse == 0)
    }

    @Test func `after a restart the first broken connection stands for all idle ones`() throws {
        let server = try DedicatedTestServer()
        let schema = try server.makeSchema()
        let database = Database(schema.configuration, observe: events.observe)
        try makeTable(database)
        openAll(database)
        #expect(database.load.idle == 8)
        try server.restart()
        events.clear()
        _ = try database.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute("INSERT INTO events VALUES (1)")
        }
        #expect(events.retries.count == 1)
        #expect(try stored(database) == [1])
    }

    @Test func `a server that is away is reported at once, and found again when it is back`() throws {
        let server = try DedicatedTestServer()
        let schema = try server.makeSchema()
        let database = Database(schema.configuration, observe: events.observe)
        try database.ping(by: soon)
        server.stop()
        for _ in 0..<3 {
            let start = Deadline.nowUptimeNanoseconds()
            #expect { try database.ping(by: soon) } throws: { isUnavailable($0) }
            #expect(Deadline.nowUptimeNanoseconds() - start < 2_000_000_000)
        }
        #expect(events.all.contains { if case .connectFailed = $0 { true } else { false } })
        try server.start()
        try database.ping(by: soon)
        #expect(database.load.inUse == 0)
    }

    @Test func `requests with a key take effect once each while the server is killed again and again`() throws {
        let server = try DedicatedTestServer()
        let schema = try server.makeSchema()
        let database = Database(schema.configuration, observe: events.observe)
        try makeTable(database)
        let done = Lock(0)
        let requests = 200
        let workers: [@Sendable () -> Void] = (0..<8).map { worker in
            {
                for request in 0..<requests {
                    insertOnce(worker * 10_000 + request, into: database)
                    done.withLock { $0 += 1 }
                    done.broadcast()
                    Thread.sleep(milliseconds: 2)
                }
            }
        }
        let killer: @Sendable () -> Void = {
            for round in 1...3 {
                let limit = Deadline.after(milliseconds: 120_000).uptimeNanoseconds
                let goal = round * requests * 8 / 5
                #expect(done.wait(untilUptimeNanoseconds: limit) { $0 >= goal ? true : nil } == true)
                server.kill9()
                do { try server.start() } catch { Issue.record(error) }
            }
        }
        inParallel(workers + [killer])
        #expect(try stored(database).count == 8 * requests)
        #expect(events.all.contains { if case .connectionLost = $0 { true } else { false } })
        #expect(database.load.inUse == 0)
    }

    @Test func `a server that accepts and says nothing is given up in time`() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                #expect(bind(listener, $0, length) == 0 && listen(listener, 4) == 0)
                #expect(getsockname(listener, $0, &length) == 0)
            }
        }
        var configuration = DatabaseConfiguration(
            host: "localhost", port: Int(in_port_t(bigEndian: address.sin_port)), username: "u", password: "p",
            database: "d")
        configuration.connectTimeoutSeconds = 1
        let start = Deadline.nowUptimeNanoseconds()
        let database = Database(configuration)
        #expect { try database.ping(by: soon) } throws: { isUnavailable($0) }
        #expect(Deadline.nowUptimeNanoseconds() - start < 4_000_000_000)
    }

    @Test func `a statement that runs too long is ended by the server, and the connection goes on`() throws {
        let schema = try TestDatabase.makeSchema()
        var configuration = schema.configuration
        configuration.readTimeoutSeconds = 2
        let database = Database(configuration, observe: events.observe)
        try makeTable(database)
        for start in stride(from: 0, to: 2000, by: 500) {
            var insert: SQL = "INSERT INTO events VALUES (\(start))"
            for number in start + 1..<start + 500 { insert += ", (\(number))" }
            _ = try database.transaction(by: soon) { (transaction) throws(DatabaseError) in
                try transaction.execute(insert)
            }
        }
        let before = try identifier(database)
        #expect(throws: DatabaseError.deadlineExceeded) {
            try database.read(by: soon) { (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try session.query("SELECT COUNT(*) FROM events a JOIN events b JOIN events c WHERE a.id + b.id < c.id")
            }
        }
        #expect(try identifier(database) == before)
    }

    /// Inserts the number, or finds that it is there: until it knows.
    private func insertOnce(_ number: Int, into database: Database) {
        for _ in 0..<200 {
            do throws(DatabaseError) {
                _ = try database.transaction(by: soon, ifCommitIsLost: .runAgain) {
                    (transaction) throws(DatabaseError) in
                    try transaction.execute("INSERT INTO events VALUES (\(number))")
                }
                return
            } catch {
                switch error {
                case .duplicateKey: return
                case .unavailable, .outcomeUnknown: Thread.sleep(milliseconds: 20)
                default:
                    Issue.record(error)
                    return
                }
            }
        }
        Issue.record("The server did not come back.")
    }

    private func makeTable(_ database: Database) throws {
        _ = try database.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute("CREATE TABLE events (id INT PRIMARY KEY)")
        }
    }

    private func stored(_ database: Database) throws -> [Int] {
        try database.read(by: soon) { (session) throws(DatabaseError) in
            try session.query("SELECT id FROM events ORDER BY id") { (row) throws(DatabaseError) in try row.int(0) }
        }
    }

    /// Uses all connections at once.
    private func openAll(_ database: Database) {
        let count = database.configuration.connectionsMax
        let inside = Lock(0)
        inParallel(
            (0..<count).map { _ in
                {
                    try? database.read(by: soon) { (_: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                        inside.withLock { $0 += 1 }
                        inside.broadcast()
                        _ = inside.wait(untilUptimeNanoseconds: soon.uptimeNanoseconds) { $0 == count ? () : nil }
                    }
                }
            })
    }

    private func identifier(_ database: Database) throws -> Int {
        try database.read(by: soon) { (session) throws(DatabaseError) in try identifier(in: session) }
    }

    private func identifier(
        in session: borrowing some SQLQuerying<DatabaseError> & ~Copyable
    ) throws(DatabaseError) -> Int {
        try session.queryFirst("SELECT CONNECTION_ID()") { (row) throws(DatabaseError) in try row.int(0) } ?? 0
    }

    private func kill(_ identifier: Int, on configuration: DatabaseConfiguration) {
        do throws(DatabaseError) {
            _ = try Database(configuration).transaction(by: soon) { (transaction) throws(DatabaseError) in
                try transaction.execute(killStatement(identifier))
            }
        } catch {
            Issue.record(error)
        }
    }

    private func isUnavailable(_ error: any Error) -> Bool {
        if case .unavailable = error as? DatabaseError { true } else { false }
    }

    private var soon: Deadline { .after(milliseconds: 30_000) }
}
