import Concurrency
import Telemetry

/// The numbers of sagas.
struct SagaMetrics: Sendable {
    /// From an order that nothing holds up to one that waits for an outage to end.
    private static let seconds = Metrics.Definition(
        "saga_seconds", "How long asynchronous orders took from their acceptance to their end, by that end.",
        .histogram(buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900]), labels: ["outcome"])
    private static let unknown = Metrics.Definition(
        "payment_unknown_total", "Payment requests whose outcome the gateway's answer did not tell.", .counter)
    private static let lost = Metrics.Definition(
        "sagas_lost_total", "Steps whose result counted no more, since somebody else had the saga by then.", .counter)

    let orders: OrderMetrics
    private let metrics: Metrics
    private let census = Lock<[String: Int]>([:])

    init(_ metrics: Metrics) {
        self.metrics = metrics
        orders = OrderMetrics(metrics)
        metrics.declare(SagaMetrics.seconds, [Order.Status.confirmed, .rejected].map { [$0.rawValue.lowercased()] })
        metrics.declare(SagaMetrics.unknown)
        metrics.declare(SagaMetrics.lost)
        metrics.gauges("sagas", "Unfinished sagas, of the first 100,000.", labels: ["step", "state"]) { [census] in
            let counts = census.withLock { $0 }
            return Saga.Step.allCases.flatMap { step in
                Saga.State.allCases.map { state in
                    ([step.rawValue, state.rawValue], Double(counts[step.rawValue + state.rawValue] ?? 0))
                }
            }
        }
    }

    func noteEnd(_ status: Order.Status, seconds: Double) {
        metrics.observe(SagaMetrics.seconds, [status.rawValue.lowercased()], value: seconds)
    }

    func noteUnknownPayment() { metrics.increment(SagaMetrics.unknown) }

    func noteLost() { metrics.increment(SagaMetrics.lost) }

    func note(_ counts: [(step: String, state: String, count: Int)]) {
        census.withLock { $0 = Dictionary(counts.map { ($0.step + $0.state, $0.count) }) { $0 + $1 } }
    }
}
