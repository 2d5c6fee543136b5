import Concurrency
import DatabaseWebService
import MySQL
import Telemetry

// Whose turn it is, and for how long.
extension LaneStore {
    /// 30 s: more than twice what an attempt may last. So long a lane waits whose process has died.
    static let leaseSeconds = 30
    /// 5 s: how much later than its `run_at` a row may be committed and still be found by the next claim.
    private static let lateCommitSeconds = 5
    private static let beginning = Timestamp(microsecondsSince1970: 1_000_000_000_000_000)

    /// What is to be claimed of an endpoint.
    struct Wish {
        let endpointID: Int64
        /// 1 or more lanes.
        let limit: Int
        /// The end of an earlier claim: rows that were deleted long before it are then not walked over, which a snapshot that somebody
        /// keeps open leaves in the index. Nil for the beginning.
        let start: Timestamp?
    }

    /// What came of a wish.
    struct Claim {
        var lanes: [LeasedLane]
        /// Nothing that is due lies before it, but for what commits late.
        let end: Timestamp
    }

    /// Leases lanes that are due, for each wish those that have been due for longest.
    ///
    /// - Returns: a claim for each of the wishes.
    func claim(
        _ wishes: [Wish], in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> [Claim] {
        let now = try transaction.now()
        var found: [(lanes: [Lane], end: Timestamp)] = []
        for wish in wishes { found.append(try due(wish, by: now, in: transaction)) }
        let fence = Int64.random(in: 1 ... .max)
        let claimedAt = Deadline(uptimeNanoseconds: Deadline.nowUptimeNanoseconds())
        let leaseEnd = now.adding(seconds: LaneStore.leaseSeconds)
        let all = found.flatMap(\.lanes)
        if !all.isEmpty {
            try transaction.execute(
                """
                UPDATE lanes FORCE INDEX (PRIMARY) SET run_at = \(leaseEnd.databaseText), fence = \(fence)
                WHERE \(LaneStore.keys(all))
                """)
        }
        return found.map { found in
            Claim(
                lanes: found.lanes.map { LeasedLane(lane: $0, fence: fence, claimedAt: claimedAt) }, end: found.end)
        }
    }

    private func due(
        _ wish: Wish, by now: Timestamp, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> (lanes: [Lane], end: Timestamp) {
        let first = (wish.start ?? LaneStore.beginning).adding(seconds: -LaneStore.lateCommitSeconds)
        let due = try transaction.query(
            """
            SELECT order_id, replay, run_at FROM lanes FORCE INDEX (ix_lanes_run_at)
            WHERE endpoint_id = \(wish.endpointID) AND run_at BETWEEN \(first.databaseText) AND \(now.databaseText)
            ORDER BY run_at LIMIT \(wish.limit) FOR UPDATE SKIP LOCKED
            """
        ) { (row) throws(DatabaseError) in
            (
                lane: Lane(
                    endpointID: wish.endpointID, orderID: try row.int64("order_id"), replay: try row.int64("replay")),
                runAt: try row.timestamp("run_at")
            )
        }
        guard due.count == wish.limit, let last = due.last else { return (due.map(\.lane), now) }
        return (due.map(\.lane), last.runAt)
    }

    /// Gives lanes back that were claimed and not begun.
    func release(
        _ leased: [LeasedLane], in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) {
        for leased in leased {
            try transaction.execute(
                """
                UPDATE lanes SET run_at = UTC_TIMESTAMP(6), fence = 0
                WHERE \(LaneStore.key(leased.lane)) AND fence = \(leased.fence)
                """)
        }
    }
}
