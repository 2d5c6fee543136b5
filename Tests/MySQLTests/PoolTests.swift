// The pool lends no more connections than it may, serves callers in order, and loses none.
import BlockingTesting
import Concurrency
import ConcurrencyTesting
import DatabaseTesting
import MySQL
import Testing

@Suite(.blocking) struct PoolTests {
    private let schema: TestSchema
    private let events = EventLog()

    init() throws { schema = try TestDatabase.makeSchema() }

    @Test func `no more connections than allowed are in use, and all callers are served`() throws {
        let database = makeDatabase(connectionsMax: 3)
        let now = Lock((inUse: 0, peak: 0))
        let identifiers = Lock<Set<Int>>([])
        inParallel(
            (0..<24).map { _ in
                {
                    for _ in 0..<5 {
                        do throws(DatabaseError) {
                            try database.read(by: soon) { (session) throws(DatabaseError) in
                                now.withLock { now in
                                    now.inUse += 1
                                    now.peak = max(now.peak, now.inUse)
                                }
                                let identifier = try identifier(in: session)
                                _ = identifiers.withLock { $0.insert(identifier) }
                                Thread.sleep(milliseconds: 1)
                                now.withLock { $0.inUse -= 1 }
                            }
                        } catch {
                            Issue.record(error)
                        }
                    }
                }
            })
        #expect(now.withLock { $0.peak } == 3)
        #expect(identifiers.withLock { $0.count } == 3)
        #expect(database.load == (inUse: 0, idle: 3, waiting: 0))
    }

    @Test func `callers that wait are served in the order they came`() throws {
        let database = makeDatabase(connectionsMax: 1)
        let held = Turnstile()
        let release = Turnstile()
        let order = Lock<[Int]>([])
        let holder = Thread.start {
            hold(database, held, release)
        }
        held.pass()
        var callers: [Thread?] = []
        for number in 0..<12 {
            callers.append(
                Thread.start {
                    try? database.read(by: soon) { (_: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                        order.withLock { $0.append(number) }
                    }
                })
            #expect(comesTrue { database.load.waiting > number })
        }
        release.open()
        for caller in callers + [holder] { try #require(caller).join() }
        #expect(order.withLock { $0 } == Array(0..<12))
        #expect(events.all.count { if case .poolWait = $0 { true } else { false } } == 12)
    }

    @Test func `a caller waits no longer than the limit, nor than its deadline`() throws {
        let database = makeDatabase(connectionsMax: 1, acquireTimeoutMilliseconds: 300)
        let held = Turnstile()
        let release = Turnstile()
        let holder = Thread.start { hold(database, held, release) }
        held.pass()
        for (deadline, error, milliseconds) in [
            (30_000, DatabaseError.poolExhausted, 300...1500), (100, .deadlineExceeded, 100...299),
        ] {
            let start = Deadline.nowUptimeNanoseconds()
            #expect(throws: error) { try database.ping(by: .after(milliseconds: deadline)) }
            #expect(milliseconds.contains(Int((Deadline.nowUptimeNanoseconds() - start) / 1_000_000)))
        }
        #expect(database.load == (inUse: 1, idle: 0, waiting: 0))
        release.open()
        try #require(holder).join()
        try database.ping(by: soon)
        #expect(database.load == (inUse: 0, idle: 1, waiting: 0))
    }

    @Test func `callers that give up just as they are served lose no connection`() throws {
        let database = makeDatabase(connectionsMax: 2, acquireTimeoutMilliseconds: 2)
        let served = Lock(0)
        inParallel(
            (0..<16).map { _ in
                {
                    for _ in 0..<150 {
                        do throws(DatabaseError) {
                            try database.read(by: soon) {
                                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                                _ = try session.query("SELECT 1")
                            }
                            served.withLock { $0 += 1 }
                        } catch {
                            if error != .poolExhausted { Issue.record(error) }
                        }
                    }
                }
            })
        #expect(served.withLock { $0 } > 0)
        #expect(database.load.inUse == 0)
        #expect(database.load.waiting == 0)
        #expect(database.load.idle <= 2)
    }

    @Test func `the connection used last is lent first`() throws {
        let database = makeDatabase(connectionsMax: 2)
        let both = Lock(0)
        inParallel(
            (0..<2).map { _ in
                {
                    try? database.read(by: soon) { (_: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                        both.withLock { $0 += 1 }
                        both.broadcast()
                        let limit = soon.uptimeNanoseconds
                        _ = both.wait(untilUptimeNanoseconds: limit) { $0 == 2 ? () : nil }
                    }
                }
            })
        #expect(database.load.idle == 2)
        let first = try identifier(database)
        #expect(try (0..<5).map { _ in try identifier(database) } == Array(repeating: first, count: 5))
    }

    @Test func `a connection that was idle for too long is replaced unnoticed when it has died`() throws {
        let database = makeDatabase(connectionsMax: 1, idlePingSeconds: 0)
        try kill(try identifier(database))
        events.clear()
        _ = try identifier(database)
        #expect(events.retries.isEmpty)
        #expect(events.all.contains(.connected))
    }

    @Test func `a closed pool turns callers away, also those that wait`() throws {
        let database = makeDatabase(connectionsMax: 1)
        let held = Turnstile()
        let release = Turnstile()
        let holder = Thread.start { hold(database, held, release) }
        held.pass()
        let waiter = Thread.start {
            #expect(throws: DatabaseError.unavailable("The connection pool is closed.")) { try database.ping(by: soon) }
        }
        #expect(comesTrue { database.load.waiting > 0 })
        database.close()
        try #require(waiter).join()
        #expect(throws: DatabaseError.unavailable("The connection pool is closed.")) { try database.ping(by: soon) }
        release.open()
        try #require(holder).join()
        #expect(database.load == (inUse: 0, idle: 0, waiting: 0))
    }

    @Test func `a configuration shows no password`() throws {
        var configuration = schema.configuration
        configuration.password = "swordfish"
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("swordfish"))
        #expect(!"\(configuration)".contains("swordfish"))
        #expect(!String(reflecting: [configuration]).contains("swordfish"))
        let database = Database(configuration, observe: events.observe)
        #expect {
            try database.ping(by: soon)
        } throws: { error in
            guard case .unavailable(let message) = error as? DatabaseError else { return false }
            return message.contains("1045") && !message.contains("swordfish")
        }
    }

    private func makeDatabase(
        connectionsMax: Int, acquireTimeoutMilliseconds: Int = 20_000, idlePingSeconds: Int = 30
    ) -> Database {
        var configuration = schema.configuration
        configuration.connectionsMax = connectionsMax
        configuration.acquireTimeoutMilliseconds = acquireTimeoutMilliseconds
        configuration.idlePingSeconds = idlePingSeconds
        return Database(configuration, observe: events.observe)
    }

    private func hold(_ database: Database, _ held: Turnstile, _ release: Turnstile) {
        try? database.read(by: soon) { (_: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            held.open()
            release.pass()
        }
    }

    private func identifier(_ database: Database) throws -> Int {
        try database.read(by: soon) { (session) throws(DatabaseError) in try identifier(in: session) }
    }

    private func identifier(in session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) -> Int {
        try session.queryFirst("SELECT CONNECTION_ID()") { (row) throws(DatabaseError) in try row.int(0) } ?? 0
    }

    private func kill(_ identifier: Int) throws {
        _ = try Database(schema.configuration).transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute(killStatement(identifier))
        }
    }

    private var soon: Deadline { .after(milliseconds: 30_000) }
}
