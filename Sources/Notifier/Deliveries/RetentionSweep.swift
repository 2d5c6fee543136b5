import Concurrency
import MySQL
import Telemetry

/// Removes deliveries and events that were kept for long enough, in steps.
struct RetentionSweep {
    /// 500 rows a transaction: a few milliseconds of locks.
    private static let stepSize = 500
    private static let stepMilliseconds = 10_000
    /// 10 minutes; what is a little older than it need be harms nobody.
    private static let intervalMilliseconds = 600_000
    /// 5 minutes for one run; the rest is left to the next.
    private static let runMilliseconds = 300_000
    /// 90 days: time enough to find out why deliveries are dead.
    static let deadDaysMin = 90

    let database: Database
    let store: RetentionStore
    let lanes: LaneStore
    let replays: ReplayStore
    let retentionDays: Int
    let wake: DeliveryWake
    let runs: SweepMetrics
    let logger: Logger

    /// Made once, where it is to run.
    var worker: Worker {
        runs.register()
        return Worker("delivery-retention", intervalMilliseconds: RetentionSweep.intervalMilliseconds) { stop in
            do throws(DatabaseError) {
                try run(by: .after(milliseconds: RetentionSweep.runMilliseconds), stop)
                runs.noteSuccess()
            } catch {
                runs.noteFailure()
                logger.warning("old deliveries not removed", ["cause": error.description])
            }
        }
    }

    func run(by deadline: Deadline, _ stop: StopToken = .never) throws(DatabaseError) {
        let deadDays = max(RetentionSweep.deadDaysMin, retentionDays)
        let size = RetentionSweep.stepSize
        let expired = try steps(by: deadline, stop) { (transaction) throws(DatabaseError) in
            try store.expireDeliveries(olderThanDays: retentionDays, limit: size, lanes, in: transaction)
        }
        if expired > 0 {
            logger.error("deliveries dead that waited for too long", ["count": expired])
            wake.noteQueued()
        }
        var removed = 0
        for (state, days) in [
            (Delivery.State.delivered, retentionDays), (.discarded, retentionDays), (.dead, deadDays),
        ] {
            removed += try steps(by: deadline, stop) { (transaction) throws(DatabaseError) in
                try store.removeDeliveries(state, olderThanDays: days, limit: size, in: transaction)
            }
        }
        // A replay that goes on for longer than its events are kept is none.
        removed += try steps(by: deadline, stop) { (transaction) throws(DatabaseError) in
            let count = try replays.remove(olderThanDays: deadDays + retentionDays, limit: size, in: transaction)
            return (count, count == size)
        }
        let events = try removeEvents(by: deadline, stop)
        if removed + events > 0 { logger.info("old deliveries removed", ["rows": removed, "events": events]) }
    }

    private func removeEvents(by deadline: Deadline, _ stop: StopToken) throws(DatabaseError) -> Int {
        var seq: Int64? = 0
        var count = 0
        while let from = seq, !deadline.hasPassed, !stop.isStopRequested {
            let step = try transaction { (transaction) throws(DatabaseError) in
                try store.removeEvents(
                    above: from, olderThanDays: retentionDays, limit: RetentionSweep.stepSize, in: transaction)
            }
            count += step.count
            seq = step.last
        }
        return count
    }

    private func steps(
        by deadline: Deadline, _ stop: StopToken,
        _ step: (borrowing Transaction<DatabaseError>) throws(DatabaseError) -> (count: Int, hasMore: Bool)
    ) throws(DatabaseError) -> Int {
        var count = 0
        while !deadline.hasPassed, !stop.isStopRequested {
            let done = try transaction(step)
            count += done.count
            if !done.hasMore { break }
        }
        return count
    }

    private func transaction<Value>(
        _ body: (borrowing Transaction<DatabaseError>) throws(DatabaseError) -> Value
    ) throws(DatabaseError) -> Value {
        try database.transaction(
            by: .after(milliseconds: RetentionSweep.stepMilliseconds), ifCommitIsLost: .runAgain, body)
    }
}
