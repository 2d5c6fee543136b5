// A connection that breaks during COMMIT, cut by a proxy between this process and a real server: before the server saw
// the COMMIT, or after it had committed. From here both look the same.
import MySQL
import Resilience
import TestSupport
import Testing
import Threading

@Suite struct CommitLossTests {
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
