import Concurrency
import DatabaseWebService
import MySQL
import Telemetry

/// Lets holds go that nobody has captured for seven days, and forgets old keys, as Stripe does.
struct HoldSweep {
    static let holdDays = 7
    /// 500 rows a transaction: a few milliseconds of locks.
    private static let stepSize = 500
    private static let stepMilliseconds = 10_000
    /// A minute: a hold of seven days may last so much longer.
    private static let intervalMilliseconds = 60_000

    let database: Database
    let intents: IntentStore
    let ledger: LedgerStore
    let keys: KeyStore
    let keyHours: Int
    let runs: SweepMetrics
    let logger: Logger

    /// Made once, where it is to run.
    var worker: Worker {
        runs.register()
        return Worker("payment-holds", intervalMilliseconds: HoldSweep.intervalMilliseconds) { stop in
            do throws(DatabaseError) {
                try run(stop)
                runs.noteSuccess()
            } catch {
                runs.noteFailure()
                logger.warning("holds not let go", ["cause": error.description])
            }
        }
    }

    func run(_ stop: StopToken = .never) throws(DatabaseError) {
        var isDone = false
        while !isDone, !stop.isStopRequested { isDone = try letGo() < HoldSweep.stepSize }
        isDone = false
        while !isDone, !stop.isStopRequested { isDone = try forgetKeys() < HoldSweep.stepSize }
    }

    private func letGo() throws(DatabaseError) -> Int {
        try database.transaction(by: .after(milliseconds: HoldSweep.stepMilliseconds), ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            let expired = try intents.lockExpired(
                days: HoldSweep.holdDays, limit: HoldSweep.stepSize, in: transaction)
            let now = try transaction.now()
            for var intent in expired {
                // What is held can always be let go.
                guard let transition = try? intent.apply(.cancel(reason: "automatic"), at: now) else { continue }
                try intents.update(intent, in: transaction)
                for entry in transition.entries { try ledger.insert(entry, of: intent, at: now, in: transaction) }
            }
            return expired.count
        }
    }

    private func forgetKeys() throws(DatabaseError) -> Int {
        try database.transaction(by: .after(milliseconds: HoldSweep.stepMilliseconds), ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            try keys.removeOld(hours: keyHours, limit: HoldSweep.stepSize, in: transaction)
        }
    }
}
