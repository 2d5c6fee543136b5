internal import Concurrency
private import Resilience
internal import Telemetry

/// One caller's use of a lent connection, up to the first failure that ends it.
///
/// After such a failure nothing more is sent, even when the caller goes on regardless: once the server has rolled a
/// transaction back (deadlock), the next statement would take effect at once and outside of any transaction.
final class Session {
    private let connection: Connection
    private let deadline: Deadline
    private let tracer: Tracer?
    /// How long a query may run in the server; nil leaves it to the settings of the connection.
    private let queryTimeoutMilliseconds: Int?
    private let traceComments: TraceComments
    /// The failure that ended the session: it decides what happens next, whatever error the caller made of it.
    private(set) var end: StatementFailure?

    init(
        _ connection: Connection, by deadline: Deadline, tracer: Tracer?, queryTimeoutMilliseconds: Int? = nil,
        traceComments: TraceComments = .none
    ) {
        self.traceComments = traceComments
        self.connection = connection
        self.deadline = deadline
        self.tracer = tracer
        self.queryTimeoutMilliseconds = queryTimeoutMilliseconds
    }

    func query(_ sql: SQL) throws(DatabaseError) -> [Row] {
        let limited = queryTimeoutMilliseconds.map { sql.limited(toMilliseconds: $0, by: deadline) } ?? sql
        return try run(sql.text.description) { (connection, span) throws(StatementFailure) in
            try connection.query(limited, comment(span, isPrepared: true))
        }
    }

    func execute(_ sql: SQL) throws(DatabaseError) -> StatementResult {
        try run(sql.text.description) { (connection, span) throws(StatementFailure) in
            try connection.execute(sql, comment(span, isPrepared: true))
        }
    }

    /// - Throws: the failure also when the session had ended before, or at the deadline; then nothing was sent.
    func command(_ text: String) throws(StatementFailure) {
        try attempt(text) { (connection, span) throws(StatementFailure) in
            try connection.command(text + (comment(span, isPrepared: false)?.text ?? ""))
        }
    }

    /// Makes the statements from here on take effect as `mode` says.
    func enter(_ mode: ConnectionMode) throws(StatementFailure) {
        guard connection.mode != mode else { return }
        try attempt(mode.statement) { (connection, _) throws(StatementFailure) in try connection.enter(mode) }
    }

    /// Ends the transaction, whatever has ended the session. After the deadline it fails at once, since the socket is shut
    /// down; the server then rolls back by itself.
    func rollBack() throws(StatementFailure) {
        try traced("ROLLBACK") { (span) throws(StatementFailure) in
            try connection.command("ROLLBACK" + (comment(span, isPrepared: false)?.text ?? ""))
        }
    }

    /// Whether the server answers.
    func ping() throws(StatementFailure) {
        try attempt("ping") { (connection, _) throws(StatementFailure) in try connection.ping() }
    }

    private func run<T>(
        _ text: @autoclosure () -> String, _ work: (Connection, RunningSpan?) throws(StatementFailure) -> T
    ) throws(DatabaseError) -> T {
        do throws(StatementFailure) { return try attempt(text(), work) } catch { throw error.error }
    }

    private func attempt<T>(
        _ text: @autoclosure () -> String, _ work: (Connection, RunningSpan?) throws(StatementFailure) -> T
    ) throws(StatementFailure) -> T {
        if let end { throw end }
        do throws(StatementFailure) {
            guard !deadline.hasPassed else { throw StatementFailure(.deadlineExceeded, recovery: .rollBack) }
            return try traced(text()) { (span) throws(StatementFailure) in try work(connection, span) }
        } catch {
            // It may also have been shut down because its host has failed.
            let failure = connection.socket.isCut && deadline.hasPassed ? StatementFailure(cutOff: error) : error
            if failure.recovery != .none { end = failure }
            throw failure
        }
    }

    private func traced<T>(
        _ text: @autoclosure () -> String, _ work: (RunningSpan?) throws(StatementFailure) -> T
    ) throws(StatementFailure) -> T {
        guard let span = tracer?.begin() else { return try work(nil) }
        do throws(StatementFailure) {
            let value = try work(span)
            span.end(statement: text(), nil)
            return value
        } catch {
            span.end(statement: text(), error)
            throw error
        }
    }
    /// What a statement says of its span.
    private func comment(_ span: RunningSpan?, isPrepared: Bool) -> TraceComment? {
        guard let span else { return nil }
        switch traceComments {
        case .none: return nil
        case .transactionEnds: return isPrepared ? nil : TraceComment(span.context.traceparent)
        case .all: return TraceComment(span.context.traceparent)
        }
    }
}
