import Concurrency
import FaultPoints
import MySQL
import Telemetry

/// Does what is left to do for asynchronous orders: claims sagas that are due, and has a bounded number of threads do their steps.
///
/// Any number of processes do it on one schema: a saga is leased to one at a time.
final class SagaRunner: Sendable {
    /// 250 ms: how late a saga is claimed that another process has left.
    private static let pollMilliseconds = 250
    /// 1 s while the database cannot be asked.
    private static let failurePauseMilliseconds = 1000
    /// 20 ms while more is due than has a place.
    private static let backlogMilliseconds = 20
    /// 64 a claim: more than a batch; a few milliseconds.
    private static let claimMax = 64
    /// 250 ms: so soon a thread that has nothing to do notices that it is to stop.
    private static let waitMilliseconds = 250
    /// 15 s: as often as a Prometheus server commonly collects.
    private static let censusMilliseconds = 15_000
    private static let countMax = 100_000

    private let results: SagaResults
    private let reservation: SagaReservation
    private let payment: SagaPayment
    private let threadsMax: Int
    private let metrics: SagaMetrics
    private let logger: Logger
    private let queue = SagaQueue()
    private let start = Lock(SagaClaimStart())
    /// Whether this process works at all: what would wait for nobody is left to others.
    private let isWorking = Lock(false)
    /// Whether the last claim failed.
    private let isFailing = Lock(false)

    init(
        results: SagaResults, reservation: SagaReservation, payment: SagaPayment, threadsMax: Int,
        metrics: SagaMetrics, logger: Logger
    ) {
        self.results = results
        self.reservation = reservation
        self.payment = payment
        self.threadsMax = threadsMax
        self.metrics = metrics
        self.logger = logger
    }

    /// What claims, what does the steps, and what counts.
    func makeWorkers() -> [Worker] {
        isWorking.withLock { $0 = true }
        return [dispatcher, census] + (1...threadsMax).map { worker(number: $0) }
    }

    /// For how long a saga that this process makes is its own; 0 where it does no steps, or has more to do than it has places.
    var firstLeaseSeconds: Int {
        isWorking.withLock { $0 } && queue.count < SagaQueue.countMax ? SagaStore.firstLeaseSeconds : 0
    }

    /// Begins with a saga that this process has just made or taken over, for `firstLeaseSeconds`.
    ///
    /// - Parameter lease: counted from before it was made.
    func begin(_ saga: Saga, lease: Deadline) {
        guard isWorking.withLock({ $0 }) else { return }
        // Where it has no place any more its lease ends soon.
        _ = queue.add([LeasedSaga(saga: saga, leasedUntil: lease)])
    }

    /// When a lease of `firstLeaseSeconds` ends that begins now.
    static func newFirstLease() -> Deadline { .after(milliseconds: SagaStore.firstLeaseSeconds * 1000) }

    private var dispatcher: Worker {
        Worker("saga-dispatcher") { [self] stop in
            var pause = SagaRunner.pollMilliseconds
            do throws(OrderError) {
                if try claim() { pause = SagaRunner.backlogMilliseconds }
                report(nil)
            } catch {
                pause = SagaRunner.failurePauseMilliseconds
                report(error)
            }
            // The worker ends soon after it is told to; what was claimed and not begun is due for others at once.
            if stop.isStopRequested { giveBack(queue.takeAll()) }
            return .after(milliseconds: pause)
        }
    }

    /// A line when claiming begins to fail and when it works again, not several a second.
    private func report(_ error: OrderError?) {
        let wasFailing = isFailing.withLock { isFailing in
            defer { isFailing = error != nil }
            return isFailing
        }
        if let error, !wasFailing { logger.warning("sagas not claimed", ["cause": String(describing: error)]) }
        if error == nil, wasFailing { logger.info("sagas are claimed again") }
    }

    private func worker(number: Int) -> Worker {
        Worker("saga-\(number)") { [self] stop in
            while !stop.isStopRequested {
                guard let batch = queue.take(by: .after(milliseconds: SagaRunner.waitMilliseconds)) else { continue }
                run(batch)
            }
            giveBack(queue.takeAll())
            return .never
        }
    }

    private var census: Worker {
        Worker("saga-census", intervalMilliseconds: SagaRunner.censusMilliseconds) { [self] _ in
            do throws(OrderError) {
                let counts = try results.database.read(.list, by: .after(milliseconds: SagaResults.storeMilliseconds)) {
                    (session: borrowing ReadSession<OrderError>) throws(OrderError) in
                    try results.sagas.counts(max: SagaRunner.countMax, in: session)
                }
                metrics.note(counts)
            } catch {
                logger.warning("sagas not counted", ["cause": String(describing: error)])
            }
        }
    }

    /// Leases what is due, as far as it has a place here.
    ///
    /// - Returns: whether there may be more.
    func claim() throws(OrderError) -> Bool {
        guard queue.count < SagaRunner.claimMax else { return true }
        let from = start.withLock { $0.value() }
        let lease = SagaResults.newLease()
        let claimed = try results.database.transaction(
            by: .after(milliseconds: SagaResults.storeMilliseconds)
        ) { (transaction: borrowing Transaction<OrderError>) throws(OrderError) in
            let claimed = try results.sagas.claim(limit: SagaRunner.claimMax, after: from, in: transaction)
            if !claimed.sagas.isEmpty { faultPoint("saga.claim.before-commit") }
            return claimed
        }
        if !claimed.sagas.isEmpty { faultPoint("saga.claim.after-commit") }
        start.withLock { $0.note(claimed.end) }
        giveBack(queue.add(claimed.sagas.map { LeasedSaga(saga: $0, leasedUntil: lease) }))
        return claimed.sagas.count == SagaRunner.claimMax
    }

    /// Does what is queued, on the calling thread, until there is nothing: for tests.
    ///
    /// - Parameter stepMax: how many steps of a saga are done one after the other.
    /// - Returns: how many batches there were.
    @discardableResult
    func runQueued(stepMax: Int = .max) -> Int {
        var count = 0
        while count < stepMax, let batch = queue.take(by: .after(milliseconds: 0)) {
            run(batch, stepMax: stepMax)
            count += 1
        }
        return count
    }

    private func run(_ batch: SagaQueue.Batch, stepMax: Int = .max) {
        do throws(OrderError) {
            switch batch {
            case .reserve(let sagas):
                defer { queue.didReserve() }
                // They hold stock: what has no place here must not wait for the end of its lease.
                giveBack(queue.add(try reservation.run(sagas)))
            case .pay(let leased):
                var next: LeasedSaga? = leased
                var count = 0
                while let current = next, count < stepMax {
                    count += 1
                    guard let result = try payment.run(current) else {
                        results.noteLost(current)
                        return
                    }
                    next = try results.write(result, of: current)
                }
            }
        } catch {
            // Their leases end, and the steps are done again.
            logger.error("saga's step not done", ["cause": String(describing: error)])
        }
    }

    private func giveBack(_ unbegun: [LeasedSaga]) {
        guard !unbegun.isEmpty else { return }
        do throws(OrderError) {
            try results.database.transaction(
                by: .after(milliseconds: SagaResults.storeMilliseconds), ifCommitIsLost: .runAgain
            ) { (transaction: borrowing Transaction<OrderError>) throws(OrderError) in
                try results.sagas.release(unbegun.map(\.saga), in: transaction)
            }
        } catch {
            // Their leases end by themselves.
            logger.warning("claimed sagas not given back", ["cause": String(describing: error)])
        }
    }
}
