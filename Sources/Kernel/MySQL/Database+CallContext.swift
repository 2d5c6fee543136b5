package import Telemetry

// For a call, within its deadline, and with a span of the call's for each statement.
extension Database {
    /// As `read(_:by:tracer:_:)`.
    package func read<T, Failure: DatabaseFailure>(
        _ use: ConnectionUse = .keyed, for call: CallContext,
        _ body: (borrowing ReadSession<Failure>) throws(Failure) -> T
    ) throws(Failure) -> T {
        try read(use, by: call.deadline, tracer: call.tracer, body)
    }

    /// As `transaction(by:ifCommitIsLost:tracer:_:)`.
    package func transaction<T, Failure: DatabaseFailure>(
        for call: CallContext, ifCommitIsLost commitLoss: CommitLoss = .report,
        _ body: (borrowing Transaction<Failure>) throws(Failure) -> T
    ) throws(Failure) -> T {
        try transaction(by: call.deadline, ifCommitIsLost: commitLoss, tracer: call.tracer, body)
    }
}
