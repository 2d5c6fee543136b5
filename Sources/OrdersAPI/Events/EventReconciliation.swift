import Concurrency
import MySQL

/// Appends an event to each order whose state no event tells of: those from before there were events, and those that an older
/// instance changed beside newer ones.
struct EventReconciliation {
    /// How many ids are looked at in one statement: some 20 ms.
    private static let windowSize: Int64 = 10_000
    /// 30 s for one window with all that is appended: it may have to wait for locks.
    private static let windowMilliseconds = 30_000

    let orders: OrderService

    /// - Parameter progress: told after each window, with how many ids there are and how many events were appended.
    /// - Returns: how many events were appended.
    func run(progress: (_ id: Int64, _ lastID: Int64, _ count: Int) -> Void) throws(OrderError) -> Int {
        let lastID = try orders.database.read(by: .after(milliseconds: EventReconciliation.windowMilliseconds)) {
            (session: borrowing ReadSession<OrderError>) throws(OrderError) in
            try orders.store.lastID(in: session)
        }
        var (count, start): (Int, Int64) = (0, 0)
        while start < lastID {
            let deadline = Deadline.after(milliseconds: EventReconciliation.windowMilliseconds)
            let end = min(start + EventReconciliation.windowSize, lastID)
            let ids = try orders.database.read(by: deadline) {
                (session: borrowing ReadSession<OrderError>) throws(OrderError) in
                try orders.events.untold(after: start, through: end, in: session)
            }
            for id in ids
            where try orders.tellState(
                id: id, by: .after(milliseconds: EventReconciliation.windowMilliseconds))
            { count += 1 }
            progress(end, lastID, count)
            start = end
        }
        return count
    }
}
