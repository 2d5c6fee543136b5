// A connection that breaks during COMMIT, cut by a proxy between this process and a real server: before the server saw
// the COMMIT, or after it had committed. From here both look the same.
import BlockingTesting
import Concurrency
import DatabaseTesting
import MySQL
import Testing

@Suite(.blocking) struct CommitLossTests {
    private let schema: TestSchema
    private let direct: Database
    private let proxy: CommitCuttingProxy
    private let proxied: Database
    private let events = EventLog()
    private let runs = Lock(0)

    init() throws {
        schema = try TestDatabase.makeSchema()
        direct = Database(schema.configuration)
        proxy = try CommitCuttingProxy(to: schema.configuration.port)
        var configuration = schema.configuration
        configuration.host = "127.0.0.1"
        configuration.port = proxy.port
        proxied = Database(configuration, observe: events.observe)
        _ = try direct.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute("CREATE TABLE orders (request VARCHAR(20) PRIMARY KEY, total INT NOT NULL)")
        }
    }

    @Test(arguments: [(CommitCuttingProxy.Cut.before, 0), (.after, 1)])
    func `told to report, it reports, and does nothing twice`(cut: CommitCuttingProxy.Cut, orders: Int) throws {
        defer { close() }
        proxy.cut(cut)
        #expect {
            try order(ifCommitIsLost: .report)
        } throws: { if case .outcomeUnknown = $0 as? DatabaseError { true } else { false } }
        #expect(runs.withLock { $0 } == 1)
        #expect(try orderCount() == orders)
        #expect(events.retries.isEmpty)
        #expect(events.all.contains { if case .commitLost = $0 { true } else { false } })
    }

    @Test(arguments: [[CommitCuttingProxy.Cut.before], [.after], [.after, .before], [.before, .after, .after]])
    func `told to run again, a body with a key of its own takes effect once`(cuts: [CommitCuttingProxy.Cut]) throws {
        defer { close() }
        for cut in cuts { proxy.cut(cut) }
        #expect(try order(ifCommitIsLost: .runAgain) == 70)
        #expect(runs.withLock { $0 } == cuts.count + 1)
        #expect(try orderCount() == 1)
    }

    /// 1180 and 1317 are what a server says whose COMMIT met an error, or was interrupted; 1969 is MariaDB's time limit.
    @Test(arguments: [1105, 1180, 1317, 1969, 3024])
    func `an error that does not tell of a rollback leaves the outcome unknown`(code: UInt16) throws {
        defer { close() }
        proxy.cut(.misreported(code: code))
        #expect {
            try order(ifCommitIsLost: .report)
        } throws: { if case .outcomeUnknown = $0 as? DatabaseError { true } else { false } }
        proxy.cut(.misreported(code: code))
        #expect(try order(ifCommitIsLost: .runAgain) == 70)
        #expect(runs.withLock { $0 } == 3)
        #expect(try orderCount() == 1)
        #expect(events.all.contains { if case .commitLost = $0 { true } else { false } })
    }

    @Test func `a COMMIT that is interrupted while it waits is run again, or reported`() throws {
        // A server of its own, since the lock holds up every commit.
        let server = try DedicatedTestServer()
        let schema = try server.makeSchema()
        let database = Database(schema.configuration, observe: events.observe)
        let admin = Database(schema.configuration)
        defer {
            database.close()
            admin.close()
        }
        _ = try admin.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute("CREATE TABLE orders (id BIGINT PRIMARY KEY AUTO_INCREMENT)")
        }
        let committing = Lock<Int?>(nil)
        let outcome = Lock<DatabaseError?>(nil)
        let hasWritten = Turnstile()
        let isLocked = Turnstile()
        let thread = Thread.start {
            do throws(DatabaseError) {
                try database.transaction(by: soon) {
                    (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                    let id = try transaction.queryFirst("SELECT CONNECTION_ID()") { (row) throws(DatabaseError) in
                        try row.int(0)
                    }
                    committing.withLock { $0 = id }
                    _ = try transaction.execute("INSERT INTO orders VALUES ()")
                    hasWritten.open()
                    isLocked.pass()
                }
            } catch {
                outcome.withLock { $0 = error }
            }
        }
        hasWritten.pass()
        try admin.transaction(by: soon) { (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            _ = try transaction.execute("FLUSH TABLES WITH READ LOCK")
            isLocked.open()
            let id = committing.withLock { $0 } ?? 0
            while try !isWaiting(id, transaction) {}
            _ = try transaction.execute(killStatement(id, "KILL QUERY "))
            // Until it has noticed: given the lock before that, it would commit.
            while try isWaiting(id, transaction) {}
            _ = try transaction.execute("UNLOCK TABLES")
        }
        try #require(thread).join()
        #expect(
            outcome.withLock { if case .outcomeUnknown = $0 { true } else { false } },
            "\(String(describing: outcome.withLock { $0 }))")
    }

    @Test func `when running again does not succeed either, the outcome is still unknown`() throws {
        defer { close() }
        proxy.cut(.afterAndForGood)
        #expect {
            try order(ifCommitIsLost: .runAgain)
        } throws: { if case .outcomeUnknown = $0 as? DatabaseError { true } else { false } }
        #expect(try orderCount() == 1)
    }

    /// Places one order for the request, or finds the one that was placed.
    private func order(ifCommitIsLost commitLoss: CommitLoss) throws(DatabaseError) -> Int {
        try proxied.transaction(by: soon, ifCommitIsLost: commitLoss) { (transaction) throws(DatabaseError) in
            runs.withLock { $0 += 1 }
            do throws(DatabaseError) {
                try transaction.execute("INSERT INTO orders VALUES (\("request-1"), \(70))")
                return 70
            } catch {
                guard error.isDuplicateKey else { throw error }
            }
            let rows = try transaction.query("SELECT total FROM orders WHERE request = \("request-1")")
            return try rows[0].int("total")
        }
    }

    /// Whether the connection waits for a lock.
    private func isWaiting(
        _ id: Int, _ transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> Bool {
        try transaction.queryFirst(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE id = \(id) AND state LIKE 'Waiting%'"
        ) { (row) throws(DatabaseError) in try row.int(0) } == 1
    }

    private func orderCount() throws -> Int? {
        try direct.read(by: soon) { (session) throws(DatabaseError) in
            try session.queryFirst("SELECT COUNT(*) FROM orders") { (row) throws(DatabaseError) in try row.int(0) }
        }
    }

    private func close() {
        proxied.close()
        proxy.close()
    }

    private var soon: Deadline { .after(milliseconds: 30_000) }
}
