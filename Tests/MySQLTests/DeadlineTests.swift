// A server that falls silent, at whatever moment, costs a caller its own time and no more. The proxy passes nothing on, as a
// network that loses every packet does.
import BlockingTesting
import Concurrency
import ConcurrencyTesting
import DatabaseTesting
import Glibc
import MySQL
import Testing

@Suite(.blocking) struct DeadlineTests {
    /// 300 ms to be kept, and what a busy machine may take beyond: far below the 1 s and more that the library's own limits take.
    private static let milliseconds = 300
    private static let allowed = 250...900

    private let schema: TestSchema
    private let direct: Database
    private let proxy: CommitCuttingProxy
    private let proxied: Database
    private let events = EventLog()

    init() throws {
        schema = try TestDatabase.makeSchema()
        direct = Database(schema.configuration)
        proxy = try CommitCuttingProxy(to: schema.configuration.port)
        var configuration = schema.configuration
        configuration.host = "127.0.0.1"
        configuration.port = proxy.port
        configuration.acquireTimeoutMilliseconds = 20_000
        proxied = Database(configuration, observe: events.observe)
        _ = try direct.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute("CREATE TABLE orders (id BIGINT PRIMARY KEY)")
        }
    }

    @Test func `a read is cut off at its deadline, and the next finds a connection that works`() throws {
        defer { close() }
        try expectGood()
        proxy.fallSilent()
        try expectDeadlineExceeded { () throws(DatabaseError) in try read(by: brief) }
        proxy.speak()
        try expectGood()
        #expect(proxied.load.inUse == 0)
    }

    @Test func `a sign of life is waited for until the deadline`() throws {
        defer { close() }
        try expectGood()
        proxy.fallSilent()
        try expectDeadlineExceeded { () throws(DatabaseError) in try proxied.ping(by: brief) }
    }

    @Test func `a transaction is cut off at its deadline, within a statement`() throws {
        defer { close() }
        try expectGood()
        try expectDeadlineExceeded { () throws(DatabaseError) in
            try proxied.transaction(by: brief, ifCommitIsLost: .runAgain) {
                (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                proxy.fallSilent()
                _ = try transaction.execute("INSERT INTO orders VALUES (1)")
            }
        }
        proxy.speak()
        try expectGood()
        #expect(try orderCount() == 0)
    }

    @Test func `a refusal is not held up by a rollback that nobody answers`() throws {
        defer { close() }
        try expectGood()
        try expect(.conflict) { () throws(DatabaseError) in
            try proxied.transaction(by: brief) {
                (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                _ = try transaction.execute("INSERT INTO orders VALUES (1)")
                proxy.fallSilent()
                throw .conflict
            }
        }
        #expect(proxied.load.inUse == 0)
    }

    @Test(arguments: [(CommitCuttingProxy.Cut.silentBefore, CommitLoss.report), (.silentAfter, .runAgain)])
    func `a COMMIT that is cut off has an unknown outcome`(cut: CommitCuttingProxy.Cut, loss: CommitLoss) throws {
        defer { close() }
        try expectGood()
        proxy.cut(cut)
        try expect(.outcomeUnknown(DatabaseError.deadlineExceeded.description)) { () throws(DatabaseError) in
            try proxied.transaction(by: brief, ifCommitIsLost: loss) {
                (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                _ = try transaction.execute("INSERT INTO orders VALUES (1)")
            }
        }
        #expect(events.all.contains { if case .commitLost = $0 { true } else { false } })
        proxy.speak()
        try expectGood()
    }

    @Test func `a server that cannot be reached costs every caller its own time, and serves the next when it is back`()
        throws
    {
        defer { close() }
        proxy.fallSilent()
        inParallel(
            (0..<24).map { _ in
                {
                    do {
                        try expectDeadlineExceeded { () throws(DatabaseError) in try read(by: brief) }
                    } catch { Issue.record(error) }
                }
            })
        #expect(proxied.load == (inUse: 0, idle: 0, waiting: 0))
        proxy.speak()
        try expectGood()
    }

    @Test func `an encrypted connection is cut off as well`() throws {
        let certificates = try TestCertificates(for: "DNS:localhost")
        let server = try DedicatedTestServer(options: certificates.serverOptions)
        let schema = try server.makeSchema()
        let proxy = try CommitCuttingProxy(to: schema.configuration.port)
        var configuration = schema.configuration
        configuration.host = "localhost"
        configuration.port = proxy.port
        configuration.certificateAuthorityPath = certificates.authorityPath
        let database = Database(configuration)
        defer {
            database.close()
            proxy.close()
            close()
        }
        try database.ping(by: soon)
        proxy.fallSilent()
        try expectDeadlineExceeded { () throws(DatabaseError) in try database.ping(by: brief) }
        proxy.speak()
        try database.ping(by: soon)
    }

    @Test func `a pool is closed at once while connections are being opened`() throws {
        defer { close() }
        proxy.fallSilent()
        let waiter = Thread.start {
            #expect(throws: DatabaseError.unavailable("The connection pool is closed.")) { try proxied.ping(by: soon) }
        }
        #expect(comesTrue { proxied.load.waiting == 1 })
        let milliseconds = elapsed { proxied.close() }
        #expect(milliseconds < 500)
        try #require(waiter).join()
    }

    @Test func `a connection that comes too late for its caller serves the next`() throws {
        defer { close() }
        proxy.fallSilent()
        try expectDeadlineExceeded { () throws(DatabaseError) in try read(by: brief) }
        proxy.speak()
        #expect(comesTrue { proxied.load.idle == 1 })
        events.clear()
        try expectGood()
        #expect(!events.all.contains(.connected))
    }

    /// Deadlines that fall on the ends of statements, while other sockets of the process come and go: a descriptor that was
    /// closed by then may be one of theirs.
    @Test func `no socket but the connection's own is ever shut down`() throws {
        defer { close() }
        let isDone = Lock(false)
        let cutCount = Lock(0)
        let workers: [@Sendable () -> Void] = (0..<4).map { _ in
            {
                for round in 0..<250 {
                    do throws(DatabaseError) {
                        _ = try direct.read(by: .after(milliseconds: 1 + round % 4)) {
                            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                            try session.query("SELECT SLEEP(\(0.0005 * Double(round % 8)))")
                        }
                    } catch {
                        if error == .deadlineExceeded { cutCount.withLock { $0 += 1 } } else { Issue.record(error) }
                    }
                }
            }
        }
        let witness: @Sendable () -> Void = {
            while !isDone.withLock({ $0 }) {
                var pair: [Int32] = [-1, -1]
                guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 else { continue }
                Thread.sleep(milliseconds: 1)
                var byte: UInt8 = 7
                let passes = send(pair[0], &byte, 1, Int32(MSG_NOSIGNAL)) == 1 && recv(pair[1], &byte, 1, 0) == 1
                if !passes { Issue.record("Somebody else's socket was shut down.") }
                Glibc.close(pair[0])
                Glibc.close(pair[1])
            }
        }
        let witnesses = (0..<4).map { _ in Thread.start(witness) }
        inParallel(workers)
        isDone.withLock { $0 = true }
        for thread in witnesses { try #require(thread).join() }
        #expect(cutCount.withLock { $0 } > 50)
        #expect(direct.load.inUse == 0)
    }

    private func expectDeadlineExceeded(_ body: () throws(DatabaseError) -> Void) throws {
        try expect(.deadlineExceeded, body)
    }

    private func expect(_ expected: DatabaseError, _ body: () throws(DatabaseError) -> Void) throws {
        var caught: DatabaseError?
        let milliseconds = elapsed { do throws(DatabaseError) { try body() } catch { caught = error } }
        #expect(caught == expected)
        #expect(Self.allowed.contains(milliseconds), "It took \(milliseconds) ms.")
    }

    private func elapsed(_ body: () -> Void) -> Int {
        let start = Deadline.nowUptimeNanoseconds()
        body()
        return Int((Deadline.nowUptimeNanoseconds() - start) / 1_000_000)
    }

    private func expectGood() throws { #expect(throws: Never.self) { try read(by: soon) } }

    private func read(by deadline: Deadline) throws(DatabaseError) {
        _ = try proxied.read(by: deadline) { (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.query("SELECT 1")
        }
    }

    private func orderCount() throws -> Int? {
        try direct.read(by: soon) { (session) throws(DatabaseError) in
            try session.queryFirst("SELECT COUNT(*) FROM orders") { (row) throws(DatabaseError) in try row.int(0) }
        }
    }

    private func close() {
        proxied.close()
        proxy.close()
        direct.close()
    }

    private var brief: Deadline { .after(milliseconds: Self.milliseconds) }
    private var soon: Deadline { .after(milliseconds: 30_000) }
}
