import BlockingTesting
import Concurrency
import DatabaseTesting
import MySQL
import Telemetry
import Testing

/// Which statements say to the server which trace they are part of, and what that costs.
@Suite(.blocking) struct TraceCommentTests {
    private let schema: TestSchema

    init() throws {
        schema = try TestDatabase.makeSchema()
        let database = Database(schema.configuration)
        defer { database.close() }
        try database.transaction(by: .after(milliseconds: 20_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            _ = try transaction.execute("CREATE TABLE notes (id INT PRIMARY KEY, text VARCHAR(20))")
        }
    }

    /// The statements of a change and a read, as the server saw them, and how many it was asked to prepare, once all were prepared before.
    private func statements(
        _ comments: TraceComments, traceparent: String? = nil
    ) throws -> (texts: [String], preparedCount: Int64, questionCount: Int64) {
        var configuration = schema.configuration
        configuration.traceComments = comments
        configuration.connectionsMax = 1
        let database = Database(configuration)
        defer { database.close() }
        let call = CallContext(
            deadline: .after(milliseconds: 20_000), trace: TraceContext(continuing: traceparent), correlationID: "c",
            logger: Logger(service: "tests", level: .error), spans: SpanSink { _ in })
        var texts: [String] = []
        func work() throws {
            try database.transaction(for: call) {
                (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                _ = try transaction.execute("DELETE FROM notes WHERE id = \(1)")
                texts = try transaction.query(
                    "SELECT info FROM information_schema.processlist WHERE id = CONNECTION_ID()"
                )
                .map { (row) throws(DatabaseError) in try row.string(0) }
            }
            _ = try database.read(for: call) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try session.query("SELECT id FROM notes WHERE id = \(2)")
            }
        }
        try work()
        try work()
        let before = try counts(database)
        try work()
        let after = try counts(database)
        return (texts, after.prepared - before.prepared, after.questions - before.questions)
    }

    private func counts(_ database: Database) throws -> (prepared: Int64, questions: Int64) {
        try database.read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            var numbers: [String: Int64] = [:]
            let rows = try session.query(
                """
                SELECT variable_name, CAST(variable_value AS SIGNED) FROM information_schema.session_status
                WHERE variable_name IN ('COM_STMT_PREPARE', 'QUESTIONS')
                """)
            for row in rows { numbers[try row.string(0).uppercased()] = try row.int64(1) }
            return (numbers["COM_STMT_PREPARE"] ?? -1, numbers["QUESTIONS"] ?? -1)
        }
    }

    private static let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"

    @Test func `without comments, and with those at the ends of transactions, nothing is prepared again`() throws {
        for comments in [TraceComments.none, .transactionEnds] {
            let found = try statements(comments, traceparent: Self.caller + "1")
            #expect(found.preparedCount == 0)
            #expect(!found.texts.joined().contains("traceparent"))
        }
        let (off, ends) = (try statements(.none), try statements(.transactionEnds))
        #expect(off.questionCount == ends.questionCount)
    }

    @Test func `with all comments each statement names its span, and is prepared for that`() throws {
        let found = try statements(.all, traceparent: Self.caller + "1")
        #expect(found.preparedCount == 3)
        let text = try #require(found.texts.first)
        #expect(text.contains(/\/\*traceparent='00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01'\*\/$/))
        #expect(!text.contains("b7ad6b7169203331"))
    }

    @Test func `a trace that is not recorded has no comments and costs nothing`() throws {
        let found = try statements(.all, traceparent: Self.caller + "0")
        #expect(found.preparedCount == 0)
        #expect(!found.texts.joined().contains("traceparent"))
    }

    @Test func `the ends of transactions name their trace in the server's general log, at no cost`() throws {
        let server = try DedicatedTestServer(options: ["--general-log=1", "--log-output=TABLE"])
        var configuration = server.configuration
        configuration.traceComments = .transactionEnds
        let database = Database(configuration)
        defer { database.close() }
        let call = CallContext(
            deadline: .after(milliseconds: 20_000), trace: TraceContext(continuing: Self.caller + "1"),
            correlationID: "c", logger: Logger(service: "tests", level: .error), spans: SpanSink { _ in })
        try database.transaction(for: call) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            _ = try transaction.query("SELECT \(1)")
        }
        #expect(throws: DatabaseError.conflict) {
            try database.transaction(for: call) {
                (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                _ = try transaction.query("SELECT \(2)")
                throw DatabaseError.conflict
            }
        }
        let ends = try database.read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.query(
                """
                SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log
                WHERE command_type = 'Query' AND (argument LIKE 'COMMIT%' OR argument LIKE 'ROLLBACK%') ORDER BY event_time
                """
            ).map { (row) throws(DatabaseError) in try row.string(0) }
        }
        #expect(ends.count == 2)
        #expect(
            ends.first?.contains(/^COMMIT \/\*traceparent='00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01'\*\/$/)
                == true)
        #expect(ends.last?.hasPrefix("ROLLBACK /*traceparent='00-0af7651916cd43dd8448eb211c80319c-") == true)
    }
}
