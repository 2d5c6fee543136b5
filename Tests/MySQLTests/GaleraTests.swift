// Three nodes of one cluster, which hold the same data a moment after one another.
import BlockingTesting
import Concurrency
import DatabaseTesting
import MySQL
import Testing

@Suite(.blocking) struct GaleraTests {
    private let events = EventLog()

    @Test func `a key that is used on two nodes at once has its effect once, and both find it`() throws {
        let cluster = try GaleraCluster()
        let schema = try TestSchema(on: cluster.configuration)
        let name = schema.configuration.database
        let first = Database(cluster.configuration(of: 0, schema: name))
        let second = Database(cluster.configuration(of: 1, schema: name), observe: events.observe)
        defer {
            first.close()
            second.close()
        }
        _ = try first.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute("CREATE TABLE orders (request VARCHAR(20) PRIMARY KEY, node INT NOT NULL)")
        }
        #expect(try number("SELECT @@SESSION.wsrep_sync_wait", second) == 7)
        for round in 0..<20 {
            // What one node has acknowledged is there for the next.
            #expect(try number("SELECT COUNT(*) FROM orders", second) == round)
            let isWritten = Turnstile()
            let isCommitted = Turnstile()
            let answers = Lock<[Int]>([])
            let runs = Lock(0)
            inParallel([
                {
                    let answer = try? order("request-\(round)", node: 1, first) { isWritten.pass() }
                    isCommitted.open()
                    if let answer { answers.withLock { $0.append(answer) } }
                },
                {
                    let answer = try? order("request-\(round)", node: 2, second) {
                        // The first time the other node's row is not seen, and no lock of that node's is.
                        guard
                            runs.withLock({
                                $0 += 1; return $0
                            }) == 1
                        else { return }
                        isWritten.open()
                        isCommitted.pass()
                    }
                    if let answer { answers.withLock { $0.append(answer) } }
                },
            ])
            #expect(answers.withLock { $0 } == [1, 1])
        }
        #expect(events.retries.contains(.conflict))
    }

    @Test func `a node that has lost sight of the others is passed over, and what it was sent runs elsewhere`() throws {
        let cluster = try GaleraCluster()
        let other = try DedicatedTestServer()
        let schema = try TestSchema(on: cluster.configuration)
        var configuration = cluster.configuration(of: 0, schema: schema.configuration.database)
        configuration.hosts += other.configuration.hosts
        var there = other.configuration
        there.database = configuration.database
        try Database.createSchemaIfMissing(there, by: soon)
        let database = Database(configuration, observe: events.observe)
        defer { database.close() }
        #expect(try number("SELECT @@port", database) == configuration.hosts[0].port)
        try cluster.kill9(1)
        try cluster.kill9(2)
        // The node needs seconds to find out; until then it answers.
        let deadline = soon
        var port = 0
        while port != other.configuration.port, !deadline.hasPassed {
            do throws(DatabaseError) {
                port = try database.transaction(by: deadline) { (transaction) throws(DatabaseError) in
                    try transaction.queryFirst("SELECT @@port, (SELECT COUNT(*) FROM information_schema.tables)") {
                        (row) throws(DatabaseError) in try row.int(0)
                    } ?? 0
                }
            } catch {
                // It waits for the others to say that it has seen all, and gives up before it finds out.
                guard error == .lockWaitTimeout else { throw error }
            }
        }
        #expect(port == other.configuration.port)
        let refused = events.all.compactMap { if case .hostFailed(let host, _) = $0 { host } else { nil } }
        #expect(refused == [configuration.hosts[0]])
    }

    /// Places an order for the request, or finds the one that was placed.
    ///
    /// - Returns: the node that placed it.
    private func order(
        _ request: String, node: Int, _ database: Database, _ whenWritten: () -> Void
    ) throws(DatabaseError) -> Int {
        try database.transaction(by: soon, ifCommitIsLost: .runAgain) { (transaction) throws(DatabaseError) in
            do throws(DatabaseError) {
                try transaction.execute("INSERT INTO orders VALUES (\(request), \(node))")
                whenWritten()
                return node
            } catch {
                guard error.isDuplicateKey else { throw error }
            }
            return try transaction.queryFirst("SELECT node FROM orders WHERE request = \(request)") {
                (row) throws(DatabaseError) in try row.int(0)
            } ?? 0
        }
    }

    private func number(_ question: SQL, _ database: Database) throws -> Int? {
        try database.read(by: soon) { (session) throws(DatabaseError) in
            try session.queryFirst(question) { (row) throws(DatabaseError) in try row.int(0) }
        }
    }

    private var soon: Deadline { .after(milliseconds: 30_000) }
}
