import Concurrency
import HTTPMessages
import JSON
import MySQL
import SeededRandom
import SystemTesting

/// What happens to sagas and to what they need, besides what a `Supervisor` does: workers are killed and stopped, leases and deadlines
/// end under those who have them, products are taken off sale, and operators redrive what is DEAD.
final class SagaDisturbances: Sendable {
    struct Tally: Sendable {
        var workerKills = 0
        var workerStops = 0
        var endedLeases: Int64 = 0
        var endedDeadlines: Int64 = 0
        var withdrawals = 0
        var redriven = 0
    }

    private static let workerPause = 1500...2500
    /// Every third time a worker is stopped instead of killed.
    private static let stopPeriod = 3
    /// Others take its sagas over meanwhile, because their leases end.
    private static let stopMilliseconds = 1000...5000
    private static let leasePause = 300...900
    /// Of the sagas, one in so many loses its lease at a time, and one in so many comes to its deadline.
    private static let leaseShare: Int64 = 3
    private static let deadlineShare: Int64 = 40
    private static let productPause = 200...600
    private static let redrivePause = 1000...3000
    private static let backlogPause = 100...150
    /// 30 s: as long as a worker's lease. What waits for longer is between two attempts.
    private static let leaseSeconds = 30
    private static let timeoutMilliseconds = 2000
    /// 5 s: rows are locked by who is being stopped.
    fileprivate static let changeMilliseconds = 5000

    private let system: RunningSystem
    private let workers: SagaWorkers
    private let assortment: AsyncAssortment
    private let seed: SeededRandom
    private let disturbances = Disturbances()
    private let counts = Lock(Tally())
    private let unfinished = Lock(Int64(0))

    init(_ system: RunningSystem, _ workers: SagaWorkers, _ assortment: AsyncAssortment, seed: SeededRandom) {
        self.system = system
        self.workers = workers
        self.assortment = assortment
        self.seed = seed
    }

    var tally: Tally { counts.withLock { $0 } }
    var failures: [String] { disturbances.failures }
    /// How many orders have not ended; known a moment late.
    var backlog: Int64 { unfinished.withLock { $0 } }

    func begin() {
        for worker in 0..<workers.count {
            let rounds = Lock(worker)
            disturbances.every(SagaDisturbances.workerPause, seed.stream(.worker(worker))) { [self] random in
                let round = rounds.withLock { rounds in
                    rounds += 1
                    return rounds
                }
                guard round % SagaDisturbances.stopPeriod == 0 else {
                    try workers.killAndRestart(worker)
                    return counts.withLock { $0.workerKills += 1 }
                }
                workers.suspend(worker, milliseconds: .random(in: SagaDisturbances.stopMilliseconds, using: &random))
                counts.withLock { $0.workerStops += 1 }
            }
        }
        disturbances.every(SagaDisturbances.leasePause, seed.stream(.clock)) { [self] random in endTimes(&random) }
        disturbances.every(SagaDisturbances.productPause, seed.stream(.shelf)) { [self] random in
            let product = assortment.fading.randomElement(using: &random) ?? 0
            let isActive = Bool.random(using: &random)
            // What fails, because the service is just being killed, is not repeated: the next change comes soon.
            let reply = try? system.orders.send(
                .patch, "/admin/products/update/\(product)", #"{"is_active":\#(isActive)}"#,
                timeoutMilliseconds: SagaDisturbances.timeoutMilliseconds)
            if !isActive, reply?.status == 200 { counts.withLock { $0.withdrawals += 1 } }
        }
        disturbances.every(SagaDisturbances.redrivePause, seed.stream(.operator)) { [self] _ in
            _ = try? redriveDead()
        }
        disturbances.every(SagaDisturbances.backlogPause, seed.stream(.backlog)) { [self] _ in
            guard let count = try? system.count("SELECT COUNT(*) FROM order_sagas") else { return }
            unfinished.withLock { $0 = count }
        }
    }

    func end() { disturbances.end() }

    /// Has every DEAD saga tried again.
    ///
    /// - Returns: how many there were.
    @discardableResult
    func redriveDead() throws -> Int {
        let reply = try system.orders.send(
            .get, "/admin/sagas/find-all?state=DEAD&limit=100",
            timeoutMilliseconds: SagaDisturbances.timeoutMilliseconds)
        let dead = (reply.json["data"]?.array ?? []).compactMap { $0["order_id"]?.integer }
        for orderID in dead {
            let reply = try system.orders.send(
                .post, "/admin/sagas/\(orderID)/redrive", timeoutMilliseconds: SagaDisturbances.timeoutMilliseconds)
            if reply.status == 200 { counts.withLock { $0.redriven += 1 } }
        }
        return dead.count
    }

    /// Has what failed often tried again now: pauses grow to a minute, in which nothing happens that a storm could show.
    func endLongPauses() throws {
        _ = try system.change(
            """
            UPDATE order_sagas SET run_at = UTC_TIMESTAMP(6)
            WHERE run_at > UTC_TIMESTAMP(6) + INTERVAL \(SagaDisturbances.leaseSeconds) SECOND
            """)
    }

    /// As if leases and deadlines had gone by, of some: whoever has such a saga is a worker that was away for longer than its lease.
    private func endTimes(_ random: inout SeededRandom) {
        let leases = Int64.random(in: 0..<SagaDisturbances.leaseShare, using: &random)
        let deadlines = Int64.random(in: 0..<SagaDisturbances.deadlineShare, using: &random)
        // The database is away at times.
        guard
            let ended = try? system.change(
                """
                UPDATE order_sagas SET run_at = UTC_TIMESTAMP(6)
                WHERE run_at > UTC_TIMESTAMP(6) AND order_id % \(SagaDisturbances.leaseShare) = \(leases)
                """)
        else { return }
        counts.withLock { $0.endedLeases += ended }
        guard
            let over = try? system.change(
                """
                UPDATE order_sagas SET deadline_at = UTC_TIMESTAMP(6)
                WHERE deadline_at > UTC_TIMESTAMP(6) AND order_id % \(SagaDisturbances.deadlineShare) = \(deadlines)
                """)
        else { return }
        counts.withLock { $0.endedDeadlines += over }
    }
}

extension RunningSystem {
    /// Changes the database behind the services' backs.
    ///
    /// - Returns: how many rows.
    fileprivate func change(_ statement: SQL) throws -> Int64 {
        try database.transaction(by: .after(milliseconds: SagaDisturbances.changeMilliseconds)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            Int64(try transaction.execute(statement).affectedRows)
        }
    }
}
