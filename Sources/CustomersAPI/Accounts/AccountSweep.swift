import Concurrency
import MySQL
import Telemetry

/// Removes what has expired, in steps.
struct AccountSweep: Sendable {
    /// 500 rows a transaction: a few milliseconds of locks.
    private static let stepSize = 500
    private static let stepMilliseconds = 10_000
    /// 10 minutes; none of it counts any more, however long it is kept.
    private static let intervalMilliseconds = 600_000
    /// 5 minutes for one run; the rest is left to the next.
    private static let runMilliseconds = 300_000

    let database: Database
    let registrations: RegistrationStore
    let sessions: SessionStore
    let credentials: CredentialStore
    let guesses: GuessStore
    let runs: SweepMetrics
    let logger: Logger

    /// Made once, where it is to run.
    var worker: Worker {
        runs.register()
        return Worker("account-sweep", intervalMilliseconds: AccountSweep.intervalMilliseconds) { stop in
            do throws(DatabaseError) {
                let count = try run(by: .after(milliseconds: AccountSweep.runMilliseconds), stop)
                if count > 0 { logger.info("expired rows of accounts removed", ["rows": count]) }
                runs.noteSuccess()
            } catch {
                runs.noteFailure()
                logger.warning("expired rows of accounts not removed", ["cause": error.description])
            }
        }
    }

    /// - Returns: how many rows were removed.
    func run(by deadline: Deadline, _ stop: StopToken = .never) throws(DatabaseError) -> Int {
        let size = AccountSweep.stepSize
        var count = try steps(by: deadline, stop) { (transaction) throws(DatabaseError) in
            try registrations.removeExpired(limit: size, in: transaction)
        }
        count += try steps(by: deadline, stop) { (transaction) throws(DatabaseError) in
            try sessions.removeExpired(limit: size, in: transaction)
        }
        count += try steps(by: deadline, stop) { (transaction) throws(DatabaseError) in
            try guesses.removeFree(limit: size, in: transaction)
        }
        count += try steps(by: deadline, stop) { (transaction) throws(DatabaseError) in
            try credentials.removeOldAddresses(limit: size, in: transaction)
        }
        return count
    }

    private func steps(
        by deadline: Deadline, _ stop: StopToken,
        _ step: (borrowing Transaction<DatabaseError>) throws(DatabaseError) -> Int
    ) throws(DatabaseError) -> Int {
        var count = 0
        while !deadline.hasPassed, !stop.isStopRequested {
            let removed = try database.transaction(
                by: .after(milliseconds: AccountSweep.stepMilliseconds), ifCommitIsLost: .runAgain, step)
            count += removed
            if removed < AccountSweep.stepSize { break }
        }
        return count
    }
}
