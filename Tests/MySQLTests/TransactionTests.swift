// What a transaction promises: all or nothing, repeated where that helps, and never half of it outside.
//
// That a transaction cannot be kept beyond its closure is for the compiler: `Transaction` cannot be copied and is only
// borrowed, so `kept = transaction` in a body is the error "'transaction' is borrowed and cannot be consumed".
import BlockingTesting
import Concurrency
import ConcurrencyTesting
import DatabaseTesting
import MySQL
import Testing

@Suite(.blocking) struct TransactionTests {
    private let schema: TestSchema
    private let database: Database
    private let events = EventLog()

    /// A service's own error, as services have it.
    enum OrderError: DatabaseFailure, Equatable {
        case soldOut
        case keyTaken
        case database(DatabaseError)

        init(_ error: DatabaseError) { self = .database(error) }

        var databaseError: DatabaseError? {
            if case .database(let error) = self { error } else { nil }
        }
    }

    init() throws {
        schema = try TestDatabase.makeSchema()
        var configuration = schema.configuration
        configuration.lockWaitTimeoutSeconds = 1
        database = Database(configuration, observe: events.observe)
        try run(
            """
            CREATE TABLE stock (id INT PRIMARY KEY, count BIGINT UNSIGNED NOT NULL, note VARCHAR(5), UNIQUE KEY uq_note (note))
            """)
        try run("INSERT INTO stock VALUES (1, 10, 'a'), (2, 10, 'b')")
    }

    @Test func `an error thrown by the body rolls back and comes out unchanged`() throws {
        #expect(throws: OrderError.soldOut) {
            try database.transaction(by: soon) { (transaction: borrowing Transaction<OrderError>) throws(OrderError) in
                try transaction.execute("UPDATE stock SET count = 0")
                throw OrderError.soldOut
            }
        }
        #expect(try counts() == [10, 10])
        #expect(events.retries.isEmpty)
    }

    @Test func `what the body returns is committed and returned`() throws {
        let left = try database.transaction(by: soon) { (transaction) throws(OrderError) in
            let result = try transaction.execute("UPDATE stock SET count = count - \(3) WHERE id = \(1)")
            #expect(result.affectedRows == 1)
            return try transaction.queryFirst("SELECT count FROM stock WHERE id = 1") { (row) throws(DatabaseError) in
                try row.int(0)
            }
        }
        #expect(left == 7)
        #expect(try counts() == [7, 10])
    }

    @Test func `transactions that lock in opposite order both succeed`() throws {
        let first = Turnstile()
        let second = Turnstile()
        let failures = Lock<[OrderError]>([])
        let mover = { @Sendable (own: Int, other: Int, mine: Turnstile, theirs: Turnstile) in
            do throws(OrderError) {
                try database.transaction(by: soon) { (transaction) throws(OrderError) in
                    try transaction.execute("UPDATE stock SET count = count - 1 WHERE id = \(own)")
                    mine.open()
                    theirs.pass()
                    try transaction.execute("UPDATE stock SET count = count + 1 WHERE id = \(other)")
                }
            } catch {
                failures.withLock { $0.append(error) }
            }
        }
        inParallel([{ mover(1, 2, first, second) }, { mover(2, 1, second, first) }])
        #expect(failures.withLock { $0 } == [])
        #expect(try counts() == [10, 10])
        #expect(events.retries == [.conflict])
    }

    @Test func `a deadlock is repeated even when the body makes something else of it or swallows it`() throws {
        for swallows in [true, false] {
            events.clear()
            try deadlock { (transaction, isFirstRun) throws(OrderError) in
                do throws(OrderError) {
                    try transaction.execute("UPDATE stock SET count = count + 1 WHERE id = 2")
                } catch {
                    #expect(isFirstRun)
                    if !swallows { throw .keyTaken }
                    // Once rolled back, this would take effect on its own, at once.
                    _ = try? transaction.execute("UPDATE stock SET note = 'x' WHERE id = 1")
                }
            }
            #expect(events.retries == [.conflict])
            #expect(try read("SELECT note FROM stock WHERE id = 1").string(0) == "a")
        }
        #expect(try counts() == [8, 12])
    }

    @Test func `a row locked for too long is reported after one more try, and the transaction is over`() throws {
        let locked = Turnstile()
        let done = Turnstile()
        inParallel([
            {
                try? database.transaction(by: soon) { (transaction) throws(OrderError) in
                    try transaction.execute("UPDATE stock SET count = 5 WHERE id = 1")
                    locked.open()
                    done.pass()
                }
            },
            {
                locked.pass()
                for (milliseconds, tries, error) in [
                    (30_000, 2, DatabaseError.lockWaitTimeout), (1900, 1, .lockWaitTimeout),
                    (300, 1, .deadlineExceeded),
                ] {
                    let runs = Lock(0)
                    #expect(throws: OrderError.database(error)) {
                        try database.transaction(by: .after(milliseconds: milliseconds)) {
                            (transaction: borrowing Transaction<OrderError>) throws(OrderError) in
                            runs.withLock { $0 += 1 }
                            try transaction.execute("UPDATE stock SET count = 6 WHERE id = 2")
                            try transaction.execute("UPDATE stock SET count = 6 WHERE id = 1")
                        }
                    }
                    #expect(runs.withLock { $0 } == tries)
                }
                done.open()
            },
        ])
        #expect(try counts() == [5, 10])
    }

    @Test func `nothing starts after the deadline, and what was done before is rolled back`() throws {
        #expect(throws: OrderError.database(.deadlineExceeded)) {
            try database.transaction(by: .after(milliseconds: 0)) { (_) throws(OrderError) in
                Issue.record("The body ran.")
            }
        }
        for attemptsMore in [true, false] {
            let deadline = Deadline.after(milliseconds: 200)
            #expect(throws: OrderError.database(.deadlineExceeded)) {
                try database.transaction(by: deadline) { (transaction) throws(OrderError) in
                    try transaction.execute("UPDATE stock SET count = 0")
                    #expect(comesTrue { deadline.hasPassed })
                    if attemptsMore { try transaction.execute("UPDATE stock SET count = 1") }
                }
            }
        }
        #expect(try counts() == [10, 10])
        #expect(database.load.inUse == 0)
    }

    /// Runs a transaction that holds row 1 into a deadlock over row 2, as its victim.
    private func deadlock(
        _ body: @Sendable @escaping (borrowing Transaction<OrderError>, Bool) throws(OrderError) -> Void
    ) throws {
        let holdsFirst = Turnstile()
        let holdsSecond = Turnstile()
        inParallel([
            {
                do throws(OrderError) {
                    let runs = Lock(0)
                    try database.transaction(by: soon) { (transaction) throws(OrderError) in
                        let isFirstRun = runs.withLock { runs in
                            runs += 1
                            return runs == 1
                        }
                        try transaction.execute("UPDATE stock SET count = count - 1 WHERE id = 1")
                        holdsFirst.open()
                        holdsSecond.pass()
                        try body(transaction, isFirstRun)
                    }
                } catch {
                    Issue.record(error)
                }
            },
            {
                do throws(OrderError) {
                    try database.transaction(by: soon) { (transaction) throws(OrderError) in
                        // The heavier transaction survives a deadlock.
                        for id in 10..<60 { try transaction.execute("INSERT INTO stock (id, count) VALUES (\(id), 1)") }
                        try transaction.execute("UPDATE stock SET count = count WHERE id = 2")
                        _ = try transaction.query("SELECT id FROM stock WHERE id = 2 FOR UPDATE")
                        holdsFirst.pass()
                        holdsSecond.open()
                        _ = try transaction.query("SELECT id FROM stock WHERE id = 1 FOR UPDATE")
                        try transaction.execute("DELETE FROM stock WHERE id >= 10")
                    }
                } catch {
                    Issue.record(error)
                }
            },
        ])
    }

    private func counts() throws -> [Int] {
        try database.read(by: soon) { (session) throws(DatabaseError) in
            try session.query("SELECT count FROM stock ORDER BY id") { (row) throws(DatabaseError) in try row.int(0) }
        }
    }

    private func read(_ sql: SQL) throws -> Row {
        let rows = try database.read(by: soon) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.query(sql)
        }
        return try #require(rows.first)
    }

    private func run(_ sql: SQL) throws {
        _ = try database.transaction(by: soon) { (transaction) throws(DatabaseError) in try transaction.execute(sql) }
    }

    private var soon: Deadline { .after(milliseconds: 30_000) }
}
