package import MySQL
package import Telemetry

/// What happens to the database's connections, in the log and in the metrics.
enum DatabaseEvents {
    private static let events = Metrics.Definition(
        "database_events_total", "Retried transactions, connections made, lost and refused.", .counter,
        labels: ["event"])

    static func report(_ event: DatabaseEvent, _ logger: Logger, _ metrics: Metrics) {
        metrics.increment(events, [event.name])
        logger.debug("database", ["event": event.name, "detail": event.detail])
    }

    static func register(_ database: Database, _ metrics: Metrics) {
        metrics.gauge("database_connections_in_use", "Connections lent to requests.") { Double(database.load.inUse) }
        metrics.gauge("database_connections_idle", "Connections at rest.") { Double(database.load.idle) }
        metrics.gauge("database_connections_waited_for", "Requests waiting for a connection.") {
            Double(database.load.waiting)
        }
    }
}
