import MySQL
import Telemetry

/// What happens to the database's connections, in the log and in the metrics.
enum DatabaseEvents {
    private static let events = Metrics.Definition(
        "database_events_total",
        "What happened to connections and transactions: made, lost, refused, waited for, run again.", .counter,
        labels: ["event"])

    private static let durations = Metrics.Definition(
        "db_client_operation_duration_seconds",
        "How long reads and transactions took, repetitions and the wait for a connection included.",
        // The buckets that OpenTelemetry's semantic conventions prescribe for this histogram.
        .histogram(buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]), labels: ["operation"])

    static func declare(in metrics: Metrics) {
        metrics.declare(
            events,
            [
                "connected", "connect-failed", "host-failed", "host-serves", "connection-lost", "retry", "pool-wait",
                "pool-exhausted", "commit-lost",
            ].map { [$0] })
        metrics.declare(durations, DatabaseEvent.Operation.allCases.map { [$0.rawValue] })
    }

    static func report(_ event: DatabaseEvent, _ logger: Logger, _ metrics: Metrics) {
        func note(_ name: String, _ detail: String = "") {
            metrics.increment(events, [name])
            logger.debug("database", ["event": name, "detail": detail])
        }
        // Every instance goes elsewhere, and somebody should know.
        func warn(_ name: String, _ detail: String) {
            metrics.increment(events, [name])
            logger.warning("database", ["event": name, "detail": detail])
        }
        switch event {
        case .ended(let operation, let nanoseconds):
            metrics.observe(durations, [operation.rawValue], value: Double(nanoseconds) / 1e9)
        case .connected: note("connected")
        case .connectFailed(let reason): note("connect-failed", reason)
        case .hostFailed(let host, let reason): warn("host-failed", "\(host): \(reason)")
        case .hostServes(let host): warn("host-serves", "\(host)")
        case .connectionLost(let reason): note("connection-lost", reason)
        case .retry(let reason, let attempt, _): note("retry", "attempt \(attempt): \(reason)")
        case .poolWait(let milliseconds): note("pool-wait", "\(milliseconds) ms")
        case .poolExhausted: note("pool-exhausted")
        case .commitLost(let reason): note("commit-lost", reason)
        }
    }

    /// Shows a pool of connections in the metrics.
    ///
    /// - Parameter pool: what it is for, where a service has several: `requests`.
    static func register(_ database: Database, as pool: String, _ metrics: Metrics) {
        metrics.gauges(
            "db_client_connection_count", "Connections to the database: lent (used) and at rest (idle).",
            labels: ["pool", "state"]
        ) {
            let load = database.load
            return [([pool, "used"], Double(load.inUse)), ([pool, "idle"], Double(load.idle))]
        }
        metrics.gauge(
            "db_client_connection_max", "Connections to the database that may be open.", labels: ["pool": pool]
        ) { Double(database.configuration.connectionsMax) }
        metrics.gauge(
            "db_client_connection_pending_requests", "Those who wait for a connection to the database.",
            labels: ["pool": pool]
        ) { Double(database.load.waiting) }
    }
}
