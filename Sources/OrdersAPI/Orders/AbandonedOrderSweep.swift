import Concurrency
import Idempotency
import MySQL
import Telemetry

/// Cancels orders that nobody confirmed, so that what they hold can be sold.
struct AbandonedOrderSweep {
    /// How many orders are looked for at a time.
    private static let batchSize = 100
    /// 30 s: half the default time an order may stay unconfirmed at its shortest, so that none is kept much longer.
    private static let intervalMilliseconds = 30_000

    let orders: OrderService
    let reservationMinutes: Int
    let runs: SweepMetrics
    let logger: Logger

    /// Made once, where it is to run.
    var worker: Worker {
        runs.register()
        return Worker("abandoned-orders", intervalMilliseconds: AbandonedOrderSweep.intervalMilliseconds) { stop in
            do throws(OrderError) {
                let deadline = Deadline.after(milliseconds: AbandonedOrderSweep.intervalMilliseconds)
                let count = try run(countMax: .max, by: deadline, stop).canceledCount
                if count > 0 { logger.info("abandoned orders canceled", ["count": count]) }
            } catch {
                logger.warning("abandoned orders not canceled", ["cause": String(describing: error)])
            }
        }
    }

    /// Cancels every order that was made more than `reservationMinutes` ago and is still CREATED.
    ///
    /// - Returns: how many orders this run canceled.
    func runOnce(by deadline: Deadline) throws(OrderError) -> Int {
        try run(countMax: .max, by: deadline).canceledCount
    }

    /// Cancels up to `countMax` of the orders that were made more than `reservationMinutes` ago and are still CREATED, the
    /// oldest first, and stops when the time is up or `stop` says so.
    ///
    /// - Returns: how many this run canceled, and whether it stopped before it had seen all.
    func run(
        countMax: Int, by deadline: Deadline, tracer: Tracer? = nil, _ stop: StopToken = .never
    ) throws(OrderError) -> (canceledCount: Int, hasMore: Bool) {
        do {
            let outcome = try cancelAbandoned(countMax: countMax, by: deadline, tracer, stop)
            runs.noteSuccess()
            return outcome
        } catch {
            runs.noteFailure()
            throw error
        }
    }

    private func cancelAbandoned(
        countMax: Int, by deadline: Deadline, _ tracer: Tracer?, _ stop: StopToken
    ) throws(OrderError) -> (canceledCount: Int, hasMore: Bool) {
        var count = 0
        var lastID: Int64 = 0
        while !deadline.hasPassed, !stop.isStopRequested {
            let ids = try orders.database.read(by: deadline, tracer: tracer) {
                (session: borrowing ReadSession<OrderError>) throws(OrderError) in
                try orders.store.abandoned(
                    forMinutes: reservationMinutes, afterID: lastID, limit: AbandonedOrderSweep.batchSize, in: session)
            }
            for id in ids {
                guard count < countMax, !deadline.hasPassed, !stop.isStopRequested else { return (count, true) }
                if try cancel(id, by: deadline, tracer) { count += 1 }
            }
            guard let last = ids.last, ids.count == AbandonedOrderSweep.batchSize else { return (count, false) }
            lastID = last
        }
        return (count, true)
    }

    /// One order that cannot be canceled now is left to the next run, and must not keep the others from being sold.
    ///
    /// - Throws: what would meet the other orders just as well: the database is not there, or the time is up.
    private func cancel(_ id: Int64, by deadline: Deadline, _ tracer: Tracer?) throws(OrderError) -> Bool {
        do {
            return try orders.expire(id: id, by: deadline, tracer: tracer)
        } catch {
            switch error.databaseError {
            case .unavailable, .untrustedServer, .poolExhausted, .deadlineExceeded: throw error
            default:
                logger.warning("abandoned order not canceled", ["order_id": id, "cause": String(describing: error)])
                return false
            }
        }
    }
}
