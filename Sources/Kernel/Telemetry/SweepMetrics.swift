private import Concurrency

/// The runs of one of those that clean up in the background.
package struct SweepMetrics: Sendable {
    private static let runs = Metrics.Definition(
        "sweep_runs_total", "Runs of what cleans up in the background.", .counter, labels: ["sweep", "outcome"])

    private let sweep: String
    private let metrics: Metrics
    private let succeededAt = Lock(0.0)

    /// - Parameter sweep: its name, as in its own log lines: `abandoned-orders`.
    package init(_ sweep: String, _ metrics: Metrics) {
        self.sweep = sweep
        self.metrics = metrics
    }

    /// Has the metrics show the sweep from now on: called once, where it is to run in this process.
    package func register() {
        metrics.declare(SweepMetrics.runs, [[sweep, "success"], [sweep, "failure"]])
        metrics.gauge(
            "sweep_last_success_timestamp_seconds",
            "When the last run of what cleans up came to its end without an error, since 1970; 0 before the first.",
            labels: ["sweep": sweep]
        ) { [succeededAt] in succeededAt.withLock { $0 } }
    }

    package func noteSuccess() {
        metrics.increment(SweepMetrics.runs, [sweep, "success"])
        let now = Double(Timestamp.now().microsecondsSince1970) / 1_000_000
        succeededAt.withLock { $0 = now }
    }

    package func noteFailure() { metrics.increment(SweepMetrics.runs, [sweep, "failure"]) }
}
