// What the database refuses has a name, says nothing of the refused value, and harms neither transaction nor connection.
import BlockingTesting
import Concurrency
import DatabaseTesting
import MySQL
import Testing

@Suite(.blocking) struct StatementErrorTests {
    private let schema: TestSchema
    private let database: Database
    private let events = EventLog()

    init() throws {
        schema = try TestDatabase.makeSchema()
        database = Database(schema.configuration, observe: events.observe)
        try run(
            """
            CREATE TABLE stock (id INT PRIMARY KEY, count BIGINT UNSIGNED NOT NULL, note VARCHAR(5), UNIQUE KEY uq_note (note))
            """)
        try run("INSERT INTO stock VALUES (1, 10, 'a'), (2, 10, 'b')")
    }

    @Test func `a duplicate names its index, and the transaction goes on`() throws {
        try database.transaction(by: soon) { (transaction) throws(DatabaseError) in
            #expect(throws: DatabaseError.duplicateKey("PRIMARY")) {
                try transaction.execute("INSERT INTO stock VALUES (\(1), \(1), \("c"))")
            }
            #expect(throws: DatabaseError.duplicateKey("uq_note")) {
                try transaction.execute("INSERT INTO stock VALUES (\(3), \(1), \("a"))")
            }
            try transaction.execute("UPDATE stock SET count = \(1)")
        }
        #expect(try counts() == [1, 1])
    }

    @Test func `a stock that would go below 0 is out of range, a long text too long, a wrong one refused unseen`()
        throws
    {
        try database.transaction(by: soon) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            #expect {
                try transaction.execute("UPDATE stock SET count = count - \(11) WHERE id = \(1)")
            } throws: { if case .outOfRange = $0 as? DatabaseError { true } else { false } }
            #expect {
                try transaction.execute("UPDATE stock SET id = \(1 << 40) WHERE id = \(1)")
            } throws: { if case .outOfRange = $0 as? DatabaseError { true } else { false } }
            #expect {
                try transaction.execute("UPDATE stock SET note = \("sixsix") WHERE id = \(1)")
            } throws: { if case .dataTooLong = $0 as? DatabaseError { true } else { false } }
            #expect {
                try transaction.execute("UPDATE stock SET id = \("secret for column secret") WHERE id = \(1)")
            } throws: { error in
                guard case .statement(1366, let message) = error as? DatabaseError else { return false }
                return !message.contains("secret") && message.contains("for column")
            }
        }
        #expect(try counts() == [10, 10])
    }

    @Test func `a query must return rows and an execution none, else nothing is sent`() throws {
        try database.transaction(by: soon) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            #expect(throws: DatabaseError.statement(code: 0, message: "A query must return rows.")) {
                try transaction.query("UPDATE stock SET count = 0")
            }
            #expect(throws: DatabaseError.statement(code: 0, message: "An executed statement must return no rows.")) {
                try transaction.execute("SELECT 1")
            }
            #expect(throws: DatabaseError.statement(code: 0, message: "The statement has 1 places for 0 values.")) {
                try transaction.query("SELECT ?")
            }
        }
        #expect(try counts() == [10, 10])
    }

    @Test func `a result of too many rows is refused, and the connection stays good`() throws {
        var configuration = schema.configuration
        configuration.resultRowsMax = 1
        configuration.connectionsMax = 1
        let database = Database(configuration, observe: events.observe)
        let tooMany = DatabaseError.statement(code: 0, message: "The result has more than 1 rows.")
        #expect(throws: tooMany) {
            try database.read(by: soon) { (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try session.query("SELECT id FROM stock")
            }
        }
        events.clear()
        let rows = try database.read(by: soon) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.query("SELECT id FROM stock WHERE id = 1")
        }
        #expect(rows.count == 1)
        // It has ended, and that is all: no connection was made anew.
        #expect(events.all.allSatisfy { if case .ended = $0 { true } else { false } })
    }

    @Test func `a statement larger than a packet is refused as too long`() throws {
        let large = [UInt8](repeating: 1, count: 17 * 1024 * 1024)
        #expect {
            try database.transaction(by: soon) {
                (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                try transaction.execute("UPDATE stock SET note = \(large) WHERE id = 1")
            }
        } throws: { if case .dataTooLong = $0 as? DatabaseError { true } else { false } }
        #expect(events.retries.isEmpty)
        #expect(try counts() == [10, 10])
    }

    private func counts() throws -> [Int] {
        try database.read(by: soon) { (session) throws(DatabaseError) in
            try session.query("SELECT count FROM stock ORDER BY id") { (row) throws(DatabaseError) in try row.int(0) }
        }
    }

    private func run(_ sql: SQL) throws {
        _ = try database.transaction(by: soon) { (transaction) throws(DatabaseError) in try transaction.execute(sql) }
    }

    private var soon: Deadline { .after(milliseconds: 30_000) }
}
