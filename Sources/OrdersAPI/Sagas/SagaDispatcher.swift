import Concurrency
import FaultPoints
import MySQL
import Telemetry

/// Claims the sagas of one kind that are due, as far as they have a place here, and keeps them for the threads that do their steps.
final class SagaDispatcher: Sendable {
    /// What was claimed of what is due.
    enum Claimed {
        case all
        /// As much as is claimed at once.
        case some
        /// None, since there are too few places; the database was not asked.
        case noPlace
    }

    /// 250 ms: how late a saga is claimed that another process has left.
    private static let pollMilliseconds = 250
    /// 1 s while the database cannot be asked.
    private static let failurePauseMilliseconds = 1000
    /// 5 ms until there are places again.
    private static let noPlaceMilliseconds = 5
    /// 150 a claim: three batches, and half of the places, so that there is something to do meanwhile.
    private static let claimMax = 150

    let queue = SagaQueue()

    private let asksGateway: Bool
    private let results: SagaResults
    private let logger: Logger
    private let start = Lock(SagaClaimStart())
    /// Whether the last claim failed.
    private let isFailing = Lock(false)

    /// - Parameter asksGateway: which sagas, as `Saga.Step.asksGateway` has it.
    init(asksGateway: Bool, _ results: SagaResults, _ logger: Logger) {
        self.asksGateway = asksGateway
        self.results = results
        self.logger = logger
    }

    func makeWorker() -> Worker {
        Worker(asksGateway ? "saga-gateway-claims" : "saga-stock-claims") { [self] stop in
            var pause = SagaDispatcher.pollMilliseconds
            do throws(OrderError) {
                switch try claim() {
                case .all: break
                case .some: pause = 0
                case .noPlace: pause = SagaDispatcher.noPlaceMilliseconds
                }
                report(nil)
            } catch {
                pause = SagaDispatcher.failurePauseMilliseconds
                report(error)
            }
            // The worker ends soon after it is told to; what was claimed and not begun is due for others at once.
            if stop.isStopRequested { giveBackAll() }
            return .after(milliseconds: pause)
        }
    }

    /// Leases what is due, as far as it has a place here.
    @discardableResult
    func claim() throws(OrderError) -> Claimed {
        guard queue.placeCount >= SagaDispatcher.claimMax else { return .noPlace }
        let first = start.withLock { $0.value() }
        let lease = SagaResults.newLease()
        let claimed = try results.database.transaction(
            by: .after(milliseconds: SagaResults.storeMilliseconds)
        ) { (transaction: borrowing Transaction<OrderError>) throws(OrderError) in
            let claimed = try results.sagas.claim(
                asksGateway: asksGateway, limit: SagaDispatcher.claimMax, after: first, in: transaction)
            if !claimed.sagas.isEmpty { faultPoint("saga.claim.before-commit") }
            return claimed
        }
        if !claimed.sagas.isEmpty { faultPoint("saga.claim.after-commit") }
        start.withLock { $0.note(claimed.end) }
        add(claimed.sagas.map { LeasedSaga(saga: $0, leasedUntil: lease) })
        return claimed.sagas.count == SagaDispatcher.claimMax ? .some : .all
    }

    /// Queues sagas; those that have no place are due for others at once.
    func add(_ leased: [LeasedSaga]) { giveBack(queue.add(leased)) }

    /// Has all that is queued be due for others at once.
    func giveBackAll() { giveBack(queue.takeAll()) }

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

    /// A line when claiming begins to fail and when it works again, not several a second.
    private func report(_ error: OrderError?) {
        let wasFailing = isFailing.withLock { isFailing in
            defer { isFailing = error != nil }
            return isFailing
        }
        let kind = asksGateway ? "gateway" : "stock"
        if let error, !wasFailing {
            logger.warning("sagas not claimed", ["kind": kind, "cause": String(describing: error)])
        }
        if error == nil, wasFailing { logger.info("sagas are claimed again", ["kind": kind]) }
    }
}
