import DatabaseLifecycle
import Idempotency
import MySQL
import Resilience
import Telemetry

/// Cancels orders that nobody confirmed, so that what they hold can be sold.
struct AbandonedOrderSweep {
    /// How many orders are looked for at a time.
    private static let batchSize = 100
    /// 30 s: half the default time an order may stay unconfirmed at its shortest, so that none is kept much longer.
    private static let intervalMilliseconds = 30_000

    let orders: OrderService
    let reservationMinutes: Int
    let logger: Logger

    var task: DatabaseService.BackgroundTask {
        DatabaseService.BackgroundTask(intervalMilliseconds: AbandonedOrderSweep.intervalMilliseconds) {
            do throws(OrderError) {
                let count = try runOnce(now: .now(), by: .after(milliseconds: AbandonedOrderSweep.intervalMilliseconds))
                if count > 0 { logger.info("abandoned orders cancelled", ["count": count]) }
            } catch {
                logger.warning("abandoned orders not cancelled", ["cause": String(describing: error)])
            }
        }
    }

    /// Cancels every order that was made more than `reservationMinutes` before `now` and is still CREATED.
    ///
    /// - Returns: how many orders this run cancelled.
    func runOnce(now: Timestamp, by deadline: Deadline) throws(OrderError) -> Int {
        let limit = now.adding(seconds: -reservationMinutes * 60)
        var count = 0
        while !deadline.hasPassed {
            let ids = try orders.database.read(by: deadline) {
                (session: borrowing ReadSession<OrderError>) throws(OrderError) in
                try orders.store.abandoned(before: limit, limit: AbandonedOrderSweep.batchSize, in: session)
            }
            for id in ids where try orders.expire(id: id, by: deadline) { count += 1 }
            if ids.count < AbandonedOrderSweep.batchSize { break }
        }
        return count
    }
}
