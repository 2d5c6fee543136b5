// Lists neither hold all connections nor run on for long.
import BlockingTesting
import Concurrency
import ConcurrencyTesting
import DatabaseTesting
import MySQL
import Testing

@Suite(.blocking) struct ListTests {
    private let schema: TestSchema
    private let events = EventLog()

    init() throws { schema = try TestDatabase.makeSchema() }

    @Test func `lists hold half of the connections at most, and the others find one at once`() throws {
        let database = makeDatabase(connectionsMax: 4)
        let release = Turnstile()
        let lists = (0..<4).map { _ in Thread.start { list(database) { release.pass() } } }
        waitUntil { database.load.inUse == 2 && database.load.waiting == 2 }
        for _ in 0..<3 { #expect(throws: Never.self) { try database.ping(by: .after(milliseconds: 5000)) } }
        let inUse = inParallelRead(database, count: 2) { database.load.inUse }
        #expect(inUse == 4, "Both that are left, at once.")
        #expect(database.load.waiting == 2)
        release.open()
        for thread in lists { try #require(thread).join() }
        #expect(database.load.inUse == 0)
        #expect(database.load.waiting == 0)
    }

    @Test func `twice as many lists as hold connections may wait, and one more is refused at once`() throws {
        let database = makeDatabase(connectionsMax: 2)
        let release = Turnstile()
        let holder = Thread.start { list(database) { release.pass() } }
        waitUntil { database.load.inUse == 1 }
        let waiters = (0..<2).map { _ in Thread.start { list(database) {} } }
        waitUntil { database.load.waiting == 2 }
        let start = Deadline.nowUptimeNanoseconds()
        #expect(throws: DatabaseError.poolExhausted) { try read(database, for: .list) {} }
        #expect((Deadline.nowUptimeNanoseconds() - start) / 1_000_000 < 5000, "Not after the wait for a connection.")
        release.open()
        try #require(holder).join()
        for waiter in waiters { try #require(waiter).join() }
        #expect(events.all.contains(.poolExhausted))
    }

    @Test func `lists that wait get what comes free, in turn with the others`() throws {
        let database = makeDatabase(connectionsMax: 4)
        let served = Lock(0)
        inParallel(
            (0..<12).map { number in
                {
                    for _ in 0..<50 {
                        do {
                            try read(database, for: number < 4 ? .list : .keyed) { served.withLock { $0 += 1 } }
                        } catch {
                            Issue.record(error)
                        }
                    }
                }
            })
        #expect(served.withLock { $0 } == 600)
        #expect(database.load.inUse == 0)
        #expect(database.load.waiting == 0)
    }

    @Test func `a pool of one connection has lists, too`() throws {
        let database = makeDatabase(connectionsMax: 1)
        #expect(throws: Never.self) { try read(database, for: .list) {} }
        #expect(throws: Never.self) { try read(database, for: .keyed) {} }
    }

    /// The second is given up after 1000 ms, the half of its limit that its deadline leaves.
    @Test(arguments: [(30_000, 500), (1900, 2000)])
    func `the server gives up a list's statement at the limit, or at the deadline`(
        deadlineMilliseconds: Int, limitMilliseconds: Int
    ) throws {
        let database = makeDatabase(connectionsMax: 2, listTimeoutMilliseconds: limitMilliseconds)
        let start = Deadline.nowUptimeNanoseconds()
        #expect(throws: DatabaseError.deadlineExceeded) {
            try database.read(.list, by: .after(milliseconds: deadlineMilliseconds)) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                _ = try session.query(slowQuery)
            }
        }
        #expect((Deadline.nowUptimeNanoseconds() - start) / 1_000_000 < 4000)
        #expect(database.load == (inUse: 0, idle: 1, waiting: 0), "The connection serves on.")
        try read(database, for: .keyed) {}
        #expect(!events.all.contains { if case .connectionLost = $0 { true } else { false } })
    }

    @Test func `whatever is left until the deadline, a list's statement has few forms`() throws {
        let database = makeDatabase(connectionsMax: 1)
        let before = try statementsPrepared(database)
        for milliseconds in stride(from: 200, through: 6000, by: 50) {
            try database.read(.list, by: .after(milliseconds: milliseconds)) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                let rows = try session.query("SELECT 1 AS number") { (row) throws(DatabaseError) in
                    try row.int("number")
                }
                #expect(rows == [1])
            }
        }
        let prepared = try statementsPrepared(database) - before
        #expect(5...8 ~= prepared, "2000, 1000, 500, 250 and 125 ms, or less.")
    }

    private func statementsPrepared(_ database: Database) throws -> Int {
        let count = try database.read(by: .after(milliseconds: 5000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.queryFirst("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'") { (row) throws(DatabaseError) in
                Int(try row.string(1))
            }
        }
        return try #require(count ?? nil)
    }

    /// Minutes of work.
    private let slowQuery: SQL =
        """
        SELECT COUNT(*) FROM information_schema.collations AS a CROSS JOIN information_schema.collations AS b
        CROSS JOIN information_schema.collations AS c CROSS JOIN information_schema.collations AS d
        """

    private func makeDatabase(connectionsMax: Int, listTimeoutMilliseconds: Int = 2000) -> Database {
        var configuration = schema.configuration
        configuration.connectionsMax = connectionsMax
        configuration.acquireTimeoutMilliseconds = 20_000
        configuration.listTimeoutMilliseconds = listTimeoutMilliseconds
        return Database(configuration, observe: events.observe)
    }

    private func read(_ database: Database, for use: ConnectionUse, _ body: () -> Void) throws(DatabaseError) {
        try database.read(use, by: .after(milliseconds: 30_000)) {
            (_: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in body()
        }
    }

    private func list(_ database: Database, _ body: () -> Void) {
        do { try read(database, for: .list, body) } catch { Issue.record(error) }
    }

    /// What `look` gives while `count` look-ups have a connection each.
    private func inParallelRead<T: Sendable>(
        _ database: Database, count: Int, _ look: @escaping @Sendable () -> T
    ) -> T? {
        let arrived = Lock(0)
        let seen = Lock<T?>(nil)
        inParallel(
            (0..<count).map { _ in
                {
                    try? read(database, for: .keyed) {
                        arrived.withLock { $0 += 1 }
                        arrived.broadcast()
                        let limit = Deadline.after(milliseconds: 20_000).uptimeNanoseconds
                        _ = arrived.wait(untilUptimeNanoseconds: limit) { $0 == count ? () : nil }
                        let found = look()
                        seen.withLock { $0 = $0 ?? found }
                    }
                }
            })
        return seen.withLock { $0 }
    }

    private func waitUntil(_ condition: () -> Bool) {
        #expect(comesTrue { condition() })
    }
}
