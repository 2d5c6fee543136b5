package import Concurrency
internal import Resilience
package import Telemetry

/// The database, through a bounded pool of connections.
///
/// Calls block the calling thread, at most until their deadline: then the connection's socket is shut down under whatever is
/// under way, and the connection discarded. The server may go on with a statement that was cut off, up to its own time limit,
/// and rolls it back when it finds the connection gone. Do not call it inside the closure of another call: that takes a second
/// connection while holding the first, and when all callers do so nobody gets one.
package final class Database: Sendable {
    package let configuration: DatabaseConfiguration
    private let pool: ConnectionPool
    private let observe: @Sendable (DatabaseEvent) -> Void

    /// Opens nothing yet: the first call opens the first connection.
    ///
    /// - Parameter observe: hears of durations, retries, lost connections and the like, on the thread that met them.
    package init(
        _ configuration: DatabaseConfiguration, observe: @escaping @Sendable (DatabaseEvent) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.observe = observe
        pool = ConnectionPool(configuration, observe: observe)
    }

    /// Runs `body`, which reads outside of a transaction, on one connection. Lists must say that they are some. A connection that breaks is replaced and
    /// `body` run once more, so it must change nothing but what it returns.
    ///
    /// - Parameter tracer: begins the statements' spans.
    /// - Throws: what `body` throws, or `Failure` made from `poolExhausted`, `unavailable` or `deadlineExceeded`.
    package func read<T, Failure: DatabaseFailure>(
        _ use: ConnectionUse = .keyed, by deadline: Deadline, tracer: Tracer? = nil,
        _ body: (borrowing ReadSession<Failure>) throws(Failure) -> T
    ) throws(Failure) -> T {
        let start = Deadline.nowUptimeNanoseconds()
        defer { observe(.ended(.read, nanoseconds: Deadline.nowUptimeNanoseconds() - start)) }
        var attempt = 1
        while true {
            let connection = try connect(for: use, by: deadline, as: Failure.self)
            let timeout = use == .list ? configuration.listTimeoutMilliseconds : nil
            let session = Session(
                connection, by: deadline, tracer: tracer, queryTimeoutMilliseconds: timeout,
                traceComments: configuration.traceComments)
            do throws(Failure) {
                do throws(StatementFailure) { try session.enter(.each) } catch { throw Failure(error.error) }
                let value = try body(ReadSession(session))
                finish(session, connection)
                return value
            } catch {
                finish(session, connection)
                guard let end = session.end, end.isWorthAnotherRead, attempt < 2, !deadline.hasPassed else {
                    throw error
                }
                observe(.retry(reason: end.error, attempt: attempt, pauseMilliseconds: 0))
                attempt += 1
            }
        }
    }

    /// Commits when `body` returns, rolls back when it throws.
    ///
    /// Runs `body` again, at most 8 times in all and within the deadline, after a deadlock or a connection lost before
    /// COMMIT, whatever error `body` made of that: so it must change nothing but the database and what it returns. A
    /// lock wait that timed out is repeated once if the deadline allows for another. An error that `body` throws for a
    /// reason of its own is rethrown after the rollback.
    ///
    /// - Parameter tracer: begins the statements' spans.
    /// - Throws: what `body` throws, or `Failure` made from `conflict`, `lockWaitTimeout`, `unavailable`,
    ///   `poolExhausted`, `deadlineExceeded` (nothing has taken effect) or `outcomeUnknown`: a COMMIT was lost, and it was
    ///   not to be repeated, or repeating it did not succeed either.
    package func transaction<T, Failure: DatabaseFailure>(
        by deadline: Deadline, ifCommitIsLost commitLoss: CommitLoss = .report, tracer: Tracer? = nil,
        _ body: (borrowing Transaction<Failure>) throws(Failure) -> T
    ) throws(Failure) -> T {
        let start = Deadline.nowUptimeNanoseconds()
        defer { observe(.ended(.transaction, nanoseconds: Deadline.nowUptimeNanoseconds() - start)) }
        var retry = TransactionRetry(
            by: deadline, lockWaitTimeoutSeconds: configuration.lockWaitTimeoutSeconds, ifCommitIsLost: commitLoss)
        while true {
            switch attempt(by: deadline, tracer, body) {
            case .committed(let value): return value
            case .refused(let failure): throw failure
            case .failed(let failure, let cause, let stage):
                if stage == .committing, !cause.provesRollback { observe(.commitLost(cause.error.description)) }
                let attempt = retry.attempt
                guard let pause = retry.pauseMilliseconds(after: cause, at: stage) else {
                    throw retry.commitLost.map { Failure(.outcomeUnknown($0)) } ?? failure
                }
                observe(.retry(reason: cause.error, attempt: attempt, pauseMilliseconds: pause))
                Thread.sleep(milliseconds: pause)
            }
        }
    }

    /// Asks the server for a sign of life.
    ///
    /// - Throws: `unavailable`, or `poolExhausted` and `deadlineExceeded`, which do not mean that it is down.
    package func ping(by deadline: Deadline) throws(DatabaseError) {
        do throws(StatementFailure) {
            let connection = try pool.acquire(by: deadline)
            do throws(StatementFailure) {
                try Session(connection, by: deadline, tracer: nil).ping()
                pool.release(connection)
            } catch {
                pool.discard(connection, because: error)
                throw error
            }
        } catch {
            throw error.error
        }
    }

    /// Connections lent, connections idle, callers waiting.
    package var load: (inUse: Int, idle: Int, waiting: Int) { pool.load }

    /// Closes what is idle now and what is in use when its caller is done. Later calls throw `unavailable`.
    package func close() { pool.close() }

    private enum Attempt<T, Failure: DatabaseFailure> {
        case committed(T)
        /// `body` decided against it.
        case refused(Failure)
        /// The database did not let it happen. `failure` is what to throw, `cause` what decides about another attempt.
        case failed(Failure, cause: StatementFailure, stage: TransactionStage)
    }

    private func attempt<T, Failure: DatabaseFailure>(
        by deadline: Deadline, _ tracer: Tracer?, _ body: (borrowing Transaction<Failure>) throws(Failure) -> T
    ) -> Attempt<T, Failure> {
        let connection: Connection
        do throws(StatementFailure) { connection = try pool.acquire(.transaction, by: deadline) } catch {
            return .failed(Failure(error.error), cause: error, stage: .connecting)
        }
        let session = Session(
            connection, by: deadline, tracer: tracer, traceComments: configuration.traceComments)
        do throws(StatementFailure) { try session.enter(.transaction) } catch {
            rollBack(session, connection)
            return .failed(Failure(error.error), cause: error, stage: .running)
        }
        let value: T
        do throws(Failure) { value = try body(Transaction(session)) } catch {
            rollBack(session, connection)
            return session.end.map { .failed(error, cause: $0, stage: .running) } ?? .refused(error)
        }
        // `body` may have caught a failure that ended the transaction, and returned all the same.
        if let end = session.end {
            rollBack(session, connection)
            return .failed(Failure(end.error), cause: end, stage: .running)
        }
        do throws(StatementFailure) { try session.command("COMMIT") } catch {
            if error.provesRollback {
                rollBack(session, connection)
            } else {
                pool.discard(connection, because: error)
            }
            return .failed(Failure(error.error), cause: error, stage: .committing)
        }
        pool.release(connection)
        return .committed(value)
    }

    private func connect<Failure: DatabaseFailure>(
        for use: ConnectionUse, by deadline: Deadline, as: Failure.Type
    ) throws(Failure) -> Connection {
        do throws(StatementFailure) { return try pool.acquire(for: use, by: deadline) } catch {
            throw Failure(error.error)
        }
    }

    /// Gives a connection back after a read.
    private func finish(_ session: Session, _ connection: Connection) {
        if session.end == nil { pool.release(connection) } else { rollBack(session, connection) }
    }

    /// Gives a connection back without a transaction on it. Closing it is a rollback, too.
    private func rollBack(_ session: Session, _ connection: Connection) {
        if let end = session.end, end.recovery == .reconnect {
            pool.discard(connection, because: end)
            return
        }
        do throws(StatementFailure) {
            try session.rollBack()
            pool.release(connection)
        } catch {
            pool.discard(connection, because: error)
        }
    }
}

extension StatementFailure {
    /// A read that met these may well succeed at once on the same or another connection.
    fileprivate var isWorthAnotherRead: Bool { recovery == .reconnect || recovery == .runAgain }
}
