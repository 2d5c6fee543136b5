import Concurrency
import FaultPoints
import MySQL
import Telemetry

/// Does what is left to do for asynchronous orders: claims sagas that are due, and has a bounded number of threads do their steps.
///
/// What takes stock and what asks the payment gateway have claims, places and threads of their own, so that neither waits for the other.
/// Any number of processes do it on one schema: a saga is leased to one at a time.
final class SagaRunner: Sendable {
    /// 3: one waits for its commit while two others prepare theirs; more would only wait for each other's products.
    private static let stockThreadsMax = 3
    /// 50 orders a transaction: hot products are then locked once for all of them.
    static let batchMax = 50
    /// 250 ms: so soon a thread that has nothing to do notices that it is to stop.
    private static let waitMilliseconds = 250
    /// 15 s: as often as a Prometheus server commonly collects.
    private static let censusMilliseconds = 15_000
    private static let countMax = 100_000

    private let results: SagaResults
    private let reservation: SagaReservation
    private let payment: SagaPayment
    private let gatewayThreadsMax: Int
    private let metrics: SagaMetrics
    private let logger: Logger
    private let spans: SpanSink?
    private let stock: SagaDispatcher
    private let gateway: SagaDispatcher
    /// Whether this process works at all: what would wait for nobody is left to others.
    private let isWorking = Lock(false)

    /// - Parameters:
    ///   - gatewayThreadsMax: how many threads may wait for the payment gateway.
    ///   - spans: takes a span of each step that asks the gateway; nil for nobody.
    init(
        results: SagaResults, reservation: SagaReservation, payment: SagaPayment, gatewayThreadsMax: Int,
        metrics: SagaMetrics, logger: Logger, spans: SpanSink?
    ) {
        self.spans = spans
        self.results = results
        self.reservation = reservation
        self.payment = payment
        self.gatewayThreadsMax = gatewayThreadsMax
        self.metrics = metrics
        self.logger = logger
        stock = SagaDispatcher(asksGateway: false, results, logger)
        gateway = SagaDispatcher(asksGateway: true, results, logger)
    }

    /// What claims, what does the steps, and what counts.
    func makeWorkers() -> [Worker] {
        isWorking.withLock { $0 = true }
        return [stock.makeWorker(), gateway.makeWorker(), census]
            + (1...SagaRunner.stockThreadsMax).map { worker("saga-stock-\($0)", doing: runStock) }
            + (1...gatewayThreadsMax).map { worker("saga-gateway-\($0)") { [self] in runGateway(by: $0) } }
    }

    /// For how long a saga that this process makes or takes over at `step` is its own; 0 where it does no steps, or has no place for it.
    func firstLeaseSeconds(at step: Saga.Step) -> Int {
        let canBegin = isWorking.withLock { $0 } && dispatcher(of: step).queue.placeCount > 0
        return canBegin ? SagaStore.firstLeaseSeconds : 0
    }

    /// Begins with a saga that this process has just made or taken over, for `firstLeaseSeconds`.
    ///
    /// - Parameter lease: counted from before it was made.
    func begin(_ saga: Saga, lease: Deadline) {
        guard isWorking.withLock({ $0 }) else { return }
        // Where it has no place any more its lease ends soon.
        _ = dispatcher(of: saga.step).queue.add([LeasedSaga(saga: saga, leasedUntil: lease)])
    }

    private func dispatcher(of step: Saga.Step) -> SagaDispatcher { step.asksGateway ? gateway : stock }

    /// When a lease of `firstLeaseSeconds` ends that begins now.
    static func newFirstLease() -> Deadline { .after(milliseconds: SagaStore.firstLeaseSeconds * 1000) }

    /// - Parameter step: does what there is to do, and waits for no longer than its deadline for some.
    private func worker(_ name: String, doing step: @escaping @Sendable (Deadline) -> Bool) -> Worker {
        Worker(name) { [self] stop in
            while !stop.isStopRequested { _ = step(.after(milliseconds: SagaRunner.waitMilliseconds)) }
            // Who takes stock queues payments, too, and may be the last to end.
            stock.giveBackAll()
            gateway.giveBackAll()
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

    /// Leases what is due, as far as it has a place here: for tests.
    func claim() throws(OrderError) {
        try gateway.claim()
        try stock.claim()
    }

    /// Does what is queued, on the calling thread, until there is nothing: for tests.
    ///
    /// - Parameter stepMax: how many steps of a saga are done one after the other.
    /// - Returns: how many batches there were.
    @discardableResult
    func runQueued(stepMax: Int = .max) -> Int {
        var count = 0
        let now = Deadline.after(milliseconds: 0)
        while count < stepMax, runStock(by: now) || runGateway(stepMax: stepMax, by: now) { count += 1 }
        return count
    }

    /// Takes stock for the next batch of orders.
    ///
    /// - Returns: whether there was one.
    @Sendable private func runStock(by deadline: Deadline) -> Bool {
        let sagas = stock.queue.take(max: SagaRunner.batchMax, by: deadline)
        guard !sagas.isEmpty else { return false }
        do throws(OrderError) {
            let reserved = try reservation.run(sagas, goingOnMax: gateway.queue.placeCount)
            // They hold stock: what has no place here any more must not wait for the end of its lease.
            gateway.add(reserved)
        } catch {
            // Their leases end, and the steps are done again.
            logger.error("stock not taken", ["cause": String(describing: error)])
        }
        return true
    }

    /// Does the next saga's step that asks the gateway, and those that follow it.
    ///
    /// - Returns: whether there was one.
    private func runGateway(stepMax: Int = .max, by deadline: Deadline) -> Bool {
        guard let leased = gateway.queue.take(max: 1, by: deadline).first else { return false }
        var next: LeasedSaga? = leased
        var count = 0
        do throws(OrderError) {
            while let current = next, count < stepMax {
                count += 1
                next = try results.settingAside(current) { () throws(OrderError) in try pay(current) }
            }
        } catch {
            // Its lease ends, and the step is done again.
            logger.error(
                "saga's step not done", ["order_id": leased.saga.orderID, "cause": String(describing: error)])
        }
        return true
    }

    /// Does a step that asks the gateway.
    ///
    /// - Returns: the next step; nil where there is none now, or the saga was somebody else's by then.
    private func pay(_ leased: LeasedSaga) throws(OrderError) -> LeasedSaga? {
        let start = Deadline.nowUptimeNanoseconds()
        let result = try payment.run(leased)
        leased.saga.trace.flatMap { Tracer($0, spans) }?.own(startUptimeNanoseconds: start)
            .end(leased.saga.step, result)
        guard let result else {
            results.noteLost(leased)
            return nil
        }
        return try results.write(result, of: leased)
    }
}
