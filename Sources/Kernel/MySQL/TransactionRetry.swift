internal import Concurrency
internal import Resilience

/// Decides whether a transaction that failed is run again, and after what pause.
struct TransactionRetry {
    /// Attempts of one transaction, for whatever reasons. Of 64 that contend for one row, a few meet 8 deadlocks in a
    /// row; those callers do better to come back later.
    static let attemptsMax = 8

    private let deadline: Deadline
    private let lockWaitTimeoutMilliseconds: Int
    private let commitLoss: CommitLoss
    private(set) var attempt = 1
    private var hasWaitedForLock = false
    private var hadConnection = false
    /// What happened to a COMMIT of an earlier attempt. From then on only a success tells what happened.
    private(set) var commitLost: String?

    /// 1 to 20 ms: about as long as the transaction lasts that won.
    private let conflictPolicy = RetryPolicy(attemptsMax: attemptsMax, baseMilliseconds: 2, capMilliseconds: 20)
    /// In all about 300 ms, in which a server that was killed is back or another has taken over its address.
    private let connectionPolicy = RetryPolicy(attemptsMax: attemptsMax, baseMilliseconds: 10, capMilliseconds: 250)

    init(by deadline: Deadline, lockWaitTimeoutSeconds: Int, ifCommitIsLost commitLoss: CommitLoss) {
        self.deadline = deadline
        self.lockWaitTimeoutMilliseconds = lockWaitTimeoutSeconds * 1000
        self.commitLoss = commitLoss
    }

    /// Takes note of an attempt's failure.
    ///
    /// - Parameter stage: how far the attempt had come.
    /// - Returns: the pause before the next attempt, or nil when there must be none.
    mutating func pauseMilliseconds(after failure: StatementFailure, at stage: TransactionStage) -> Int? {
        defer { attempt += 1 }
        if stage != .connecting { hadConnection = true }
        if stage == .committing, !failure.provesRollback {
            commitLost = failure.error.description
            guard commitLoss == .runAgain else { return nil }
            return connectionPolicy.pauseMilliseconds(afterAttempt: attempt, atLeastMilliseconds: 1, by: deadline)
        }
        switch failure.recovery {
        case .none, .rollBack: return nil
        case .runAgain:
            return conflictPolicy.pauseMilliseconds(afterAttempt: attempt, atLeastMilliseconds: 1, by: deadline)
        case .runOnceAgain:
            guard !hasWaitedForLock, deadline.remainingMilliseconds > lockWaitTimeoutMilliseconds else { return nil }
            hasWaitedForLock = true
            return conflictPolicy.pauseMilliseconds(afterAttempt: attempt, atLeastMilliseconds: 1, by: deadline)
        case .reconnect:
            // A server that was not there from the start is reported at once: callers have better ways to wait for it.
            guard hadConnection else { return nil }
            return connectionPolicy.pauseMilliseconds(afterAttempt: attempt, atLeastMilliseconds: 1, by: deadline)
        }
    }
}

/// How far an attempt at a transaction had come when it failed.
enum TransactionStage {
    case connecting, running, committing
}

/// What to do when a COMMIT gets no answer that tells the outcome: the connection breaks, or the server reports something other
/// than a rollback.
package enum CommitLoss: Sendable {
    /// Throw `DatabaseError.outcomeUnknown`.
    case report
    /// Run the transaction again: its body finds out by itself whether it was done before, by an idempotency key.
    case runAgain
}
