import MySQL
import Telemetry

/// What happens to the database's connections, in the log and in the metrics.
enum DatabaseEvents {
    private static let events = Metrics.Definition(
        "database_events_total",
        "What happened to connections and transactions: made, lost, refused, waited for, run again.", .counter,
        labels: ["event"])

    static func report(_ event: DatabaseEvent, _ logger: Logger, _ metrics: Metrics) {
        let (name, detail) = describe(event)
        metrics.increment(events, [name])
        logger.debug("database", ["event": name, "detail": detail])
    }

    private static func describe(_ event: DatabaseEvent) -> (name: String, detail: String) {
        switch event {
        case .connected: ("connected", "")
        case .connectFailed(let reason): ("connect-failed", reason)
        case .connectionLost(let reason): ("connection-lost", reason)
        case .retry(let reason, let attempt, _): ("retry", "attempt \(attempt): \(reason)")
        case .poolWait(let milliseconds): ("pool-wait", "\(milliseconds) ms")
        case .poolExhausted: ("pool-exhausted", "")
        case .commitLost(let reason): ("commit-lost", reason)
        }
    }

    static func register(_ database: Database, _ metrics: Metrics) {
        metrics.gauge("database_connections_in_use", "Connections lent to requests.") { Double(database.load.inUse) }
        metrics.gauge("database_connections_idle", "Connections at rest.") { Double(database.load.idle) }
        metrics.gauge("database_connections_waited_for", "Requests waiting for a connection.") {
            Double(database.load.waiting)
        }
    }
}
