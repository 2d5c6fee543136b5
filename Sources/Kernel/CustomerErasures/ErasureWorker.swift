package import Concurrency
private import FaultPoints
package import MySQL
package import Telemetry

/// Follows the Customers API's list of erased customers, and erases what its service has of them: once at once, and once more when
/// nothing can be on its way any more that was asked for before.
package struct ErasureWorker: Sendable {
    /// 30 s: so long an erasure may wait to begin here.
    private static let intervalMilliseconds = 30_000
    private static let storeMilliseconds = 10_000
    /// 10 minutes: so soon somebody else goes on with what a process has left that died.
    private static let leaseSeconds = 600
    /// 5 minutes: no request lasts longer than one, and no customer is remembered for longer than one.
    private static let graceSeconds = 300

    private let database: Database
    private let store: ErasureStore
    private let client: ErasureClient
    private let eraser: any CustomerDataEraser
    private let logger: Logger
    private let progress = Lock(Progress())

    /// How it goes, for the metrics.
    private struct Progress {
        var pendingCount = 0
        var readAt = Deadline.after(milliseconds: 0)
        var isFollowing = true
    }

    /// - Parameter database: where the service's own rows are, and what is left to be done.
    package init(
        _ database: Database, _ store: ErasureStore, _ client: ErasureClient, _ eraser: any CustomerDataEraser,
        _ logger: Logger, _ metrics: Metrics
    ) {
        self.database = database
        self.store = store
        self.client = client
        self.eraser = eraser
        self.logger = logger
        metrics.gauge("customer_erasures_pending", "Erased customers of whom something may be left here.") {
            [progress] in Double(progress.withLock { $0.pendingCount })
        }
        metrics.gauge("customer_erasures_lag_seconds", "Seconds since the list of erased customers was last read.") {
            [progress] in
            let readAt = progress.withLock { $0.readAt }.uptimeNanoseconds
            return Double(max(Deadline.nowUptimeNanoseconds(), readAt) - readAt) / 1e9
        }
    }

    package var worker: Worker {
        Worker("customer-erasures", intervalMilliseconds: ErasureWorker.intervalMilliseconds) { stop in run(stop) }
    }

    /// Reads what is new in the list, and erases what is due.
    package func run(_ stop: StopToken = .never) { run(stop, graceSeconds: ErasureWorker.graceSeconds) }

    /// As above.
    ///
    /// - Parameter graceSeconds: between the two passes.
    package func run(_ stop: StopToken = .never, graceSeconds: Int) {
        do throws(DatabaseError) {
            try follow(stop)
            while !stop.isStopRequested, try eraseSome(stop, graceSeconds: graceSeconds) {}
            let count = try database.read(by: ErasureWorker.storeDeadline) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try store.pendingCount(in: session)
            }
            progress.withLock { $0.pendingCount = count }
        } catch {
            logger.warning("customers not erased", ["cause": error.description])
        }
    }

    private static var storeDeadline: Deadline { .after(milliseconds: storeMilliseconds) }

    /// Takes note of all who were erased since the last time.
    private func follow(_ stop: StopToken) throws(DatabaseError) {
        var from = try database.read(by: ErasureWorker.storeDeadline) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in try store.start(in: session)
        }
        var afterID: Int64 = 0
        while !stop.isStopRequested {
            let page: ErasureClient.Page
            do throws(ErasureClient.Failure) { page = try client.page(from: from, afterID: afterID) } catch {
                if noteFollowing(false) {
                    logger.warning("erased customers cannot be asked for", ["cause": error.reason])
                }
                return
            }
            if let last = page.notices.last {
                try database.transaction(by: ErasureWorker.storeDeadline, ifCommitIsLost: .runAgain) {
                    (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                    try store.note(page.notices, in: transaction)
                }
                (from, afterID) = (last.erasedAt, last.customerID)
            }
            guard page.hasNext else { break }
        }
        if noteFollowing(true) { logger.info("erased customers are asked for again") }
    }

    /// - Returns: whether it was otherwise before.
    private func noteFollowing(_ isFollowing: Bool) -> Bool {
        progress.withLock { progress in
            defer { progress.isFollowing = isFollowing }
            if isFollowing { progress.readAt = .after(milliseconds: 0) }
            return progress.isFollowing != isFollowing
        }
    }

    /// - Returns: whether there may be more that is due.
    private func eraseSome(_ stop: StopToken, graceSeconds: Int) throws(DatabaseError) -> Bool {
        let claims = try database.transaction(by: ErasureWorker.storeDeadline) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            try store.claim(leaseSeconds: ErasureWorker.leaseSeconds, in: transaction)
        }
        guard !claims.isEmpty else { return false }
        faultPoint("erasures.before-erase")
        let count = try eraser.erase(claims.map(\.customerID), stop)
        faultPoint("erasures.after-erase")
        try database.transaction(by: ErasureWorker.storeDeadline, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            if count == nil {
                try store.postpone(claims, seconds: 0, in: transaction)
            } else {
                try store.finish(claims, againAfterSeconds: graceSeconds, in: transaction)
            }
        }
        guard let count else { return false }
        for claim in claims { logger.info("customer erased", ["customer_id": claim.customerID, "rows": count]) }
        return true
    }
}
