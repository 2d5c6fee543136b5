import Concurrency
import Telemetry

/// The numbers of deliveries.
struct DeliveryMetrics: Sendable {
    /// What a delivery's attempt ended as.
    enum Event: String, CaseIterable {
        case delivered
        /// It is sent again.
        case failed
        case dead
        /// The endpoint was disabled by it.
        case disabled
        /// Somebody else has taken the lane over meanwhile.
        case lost
        /// The outcome could not be written.
        case unwritten = "not-written"
    }

    private static let deliveries = Metrics.Definition(
        "deliveries_total", "Attempts at a delivery, by what came of them.", .counter, labels: ["outcome"])
    /// From what a receiver of the same data centre takes to what an attempt may last.
    private static let seconds = Metrics.Definition(
        "delivery_attempt_seconds", "How long attempts took.",
        .histogram(buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]))

    let metrics: Metrics
    private let census = Lock((lanesDue: 0, endpointsFailing: 0))

    init(_ metrics: Metrics) {
        self.metrics = metrics
        metrics.declare(DeliveryMetrics.deliveries, Event.allCases.map { [$0.rawValue] })
        metrics.declare(DeliveryMetrics.seconds)
        metrics.gauge("lanes_due", "Orders and endpoints for which a delivery is due, counted up to 100,000.") {
            [census] in Double(census.withLock { $0.lanesDue })
        }
        metrics.gauge("endpoints_failing", "Active endpoints whose last attempt failed.") { [census] in
            Double(census.withLock { $0.endpointsFailing })
        }
    }

    func count(_ event: Event) { metrics.increment(DeliveryMetrics.deliveries, [event.rawValue]) }

    func observe(milliseconds: Int) { metrics.observe(DeliveryMetrics.seconds, value: Double(milliseconds) / 1000) }

    func note(lanesDue: Int, endpointsFailing: Int) {
        census.withLock { $0 = (lanesDue, endpointsFailing) }
    }
}
