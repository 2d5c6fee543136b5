package import Telemetry

/// What happens between this service and its broker, in the log and in the metrics.
package struct AMQPEvents: Sendable {
    private static let events = Metrics.Definition(
        "amqp_events_total", "What happened to connections to the broker and to windows of messages.", .counter,
        labels: ["connection", "event"])

    private let connection: String
    private let logger: Logger
    private let metrics: Metrics

    /// - Parameter connection: what the connection is for, as in its own log lines: `events`.
    package init(_ connection: String, _ logger: Logger, _ metrics: Metrics) {
        self.connection = connection
        self.logger = logger
        self.metrics = metrics
        metrics.declare(AMQPEvents.events, AMQPEvents.names.map { [connection, $0] })
    }

    private static let names = [
        "connected", "connect-failed", "connection-lost", "blocked", "unblocked", "not-published", "maybe-published",
        "returned",
    ]

    @Sendable package func report(_ event: AMQPEvent) {
        let (name, level, detail) = AMQPEvents.describe(event)
        metrics.increment(AMQPEvents.events, [connection, name])
        let fields: KeyValuePairs<String, Logger.Value> = ["connection": connection, "event": name, "detail": detail]
        switch level {
        case .debug: logger.debug("broker", fields)
        case .info: logger.info("broker", fields)
        case .warning: logger.warning("broker", fields)
        case .error: logger.error("broker", fields)
        }
    }

    /// Registers what the publisher counts.
    package func register(_ publisher: AMQPPublisher) {
        metrics.gauge("amqp_connected", "Whether a connection to the broker stands.") {
            publisher.status.isConnected ? 1 : 0
        }
        metrics.gauge("amqp_blocked", "Whether the broker takes no messages, being short of memory or disk.") {
            publisher.status.blockedReason == nil ? 0 : 1
        }
        metrics.counter("amqp_messages_confirmed_total", "Messages that the broker has confirmed.") {
            publisher.status.confirmedCount
        }
    }

    /// Registers whether the consumer has its connection.
    package func register(_ consumer: AMQPConsumer) {
        metrics.gauge("amqp_connected", "Whether a connection to the broker stands.") { consumer.isConnected ? 1 : 0 }
    }

    private static func describe(_ event: AMQPEvent) -> (name: String, level: Logger.Level, detail: String) {
        switch event {
        case .connected: ("connected", .info, "")
        case .connectFailed(let failure, let pauseMilliseconds):
            ("connect-failed", .warning, "\(failure) The next attempt is in \(pauseMilliseconds) ms.")
        case .connectionLost(let failure): ("connection-lost", .warning, "\(failure)")
        case .blocked(let reason): ("blocked", .warning, reason)
        case .unblocked: ("unblocked", .info, "")
        case .publishFailed(.nothingAccepted(let failure)): ("not-published", .debug, "\(failure)")
        case .publishFailed(.maybeAccepted(let failure)): ("maybe-published", .warning, "\(failure)")
        case .returned(let routingKey): ("returned", .warning, routingKey)
        }
    }
}
