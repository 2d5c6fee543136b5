import BlockingTesting
import Concurrency
import DatabaseTesting
import MySQL
import Telemetry
import Testing

@Suite(.blocking) struct StatementSpanTests {
    private let schema: TestSchema
    private let database: Database
    private let spans = Lock<[Span]>([])
    private let call: CallContext

    init() throws {
        schema = try TestDatabase.makeSchema()
        database = Database(schema.configuration)
        call = CallContext(
            deadline: .after(milliseconds: 20_000), trace: TraceContext(continuing: nil), correlationID: "c",
            logger: Logger(service: "tests", level: .error),
            spans: SpanSink { [spans] span in spans.withLock { $0.append(span) } })
        try database.transaction(by: .after(milliseconds: 20_000)) { (transaction) throws(DatabaseError) in
            _ = try transaction.execute("CREATE TABLE notes (id INT PRIMARY KEY, text VARCHAR(20))")
        }
    }

    private var texts: [String] {
        spans.withLock { $0 }.map { if case .text(let text) = $0["db.query.text"] { text } else { "none" } }
    }

    @Test func `a transaction has a span for each statement, with places for the values`() throws {
        try database.transaction(for: call) { (transaction) throws(DatabaseError) in
            _ = try transaction.execute("INSERT INTO notes VALUES (\(1), \("secret"))")
        }
        #expect(texts == ["INSERT INTO notes VALUES (?, ?)", "COMMIT"])
        let spans = spans.withLock { $0 }
        #expect(spans.allSatisfy { $0.context.parentSpanID == call.trace.spanID && $0.kind == .client })
        #expect(Set(spans.map(\.context.spanID)).count == 2)
    }

    @Test func `a list's span has the statement as it is written, without the server's time limit`() throws {
        _ = try database.read(.list, for: call) { (session) throws(DatabaseError) in
            try session.query("SELECT id FROM notes")
        }
        #expect(texts == ["SET autocommit = 1", "SELECT id FROM notes"])
    }

    @Test func `a statement that fails is told with the server's number, and so is the rollback`() throws {
        #expect(throws: DatabaseError.duplicateKey("PRIMARY")) {
            try database.transaction(for: call) { (transaction) throws(DatabaseError) in
                for _ in 1...2 { _ = try transaction.execute("INSERT INTO notes VALUES (\(1), \("a"))") }
            }
        }
        let spans = spans.withLock { $0 }
        #expect(spans.map(\.name) == ["INSERT", "INSERT", "ROLLBACK"])
        #expect(spans.map(\.hasFailed) == [false, true, false])
        #expect(spans[1]["db.response.status_code"] == .text("1062"))
        #expect(spans[1]["error.type"] == .text("1062"))
    }
}
