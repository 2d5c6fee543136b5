package import Telemetry

/// What happens to the calls to another service, in the log and in the metrics.
package struct DependencyEvents: Sendable {
    private static let events = Metrics.Definition(
        "dependency_calls_total", "Calls to another service that were sent again, or refused for want of a place.",
        .counter, labels: ["dependency", "event"])

    private let dependency: String
    private let logger: Logger
    private let metrics: Metrics

    /// - Parameter dependency: the other service's name, as in its own log lines.
    package init(_ dependency: String, _ logger: Logger, _ metrics: Metrics) {
        self.dependency = dependency
        self.logger = logger
        self.metrics = metrics
    }

    @Sendable package func report(_ event: ResilientClient.Event) {
        switch event {
        case .retry(let attempt, let reason):
            metrics.increment(DependencyEvents.events, [dependency, "retry"])
            logger.warning("asking again", ["dependency": dependency, "attempt": attempt, "cause": reason])
        case .refused: metrics.increment(DependencyEvents.events, [dependency, "refused"])
        }
    }
}
