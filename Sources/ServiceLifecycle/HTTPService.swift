package import HTTPServer
package import HTTPTypes
private import Resilience
package import Telemetry
private import Threading

/// An application behind a port: started, kept up until the process is told to stop, and stopped without losing a request.
package struct HTTPService: Sendable {
    private let settings: ServiceSettings
    private let health: Health
    private let logger: Logger
    private let server: HTTPServer

    /// - Parameter respond: what answers requests instead of the application itself, where there is something in front of it.
    package init(
        _ application: Application, settings: ServiceSettings, health: Health, logger: Logger, metrics: Metrics,
        respond: (@Sendable (Request, Arrival) -> Response)? = nil
    ) {
        self.settings = settings
        self.health = health
        self.logger = logger
        server = HTTPServer(
            settings.server, logger: logger, respond: respond ?? { application.respond($0, $1) },
            refuse: { application.refuse($0, $1) })
        metrics.gauge("http_server_requests_in_flight", "Requests being worked on.") { [server] in
            Double(server.load.inFlight)
        }
        metrics.gauge("http_server_requests_queued", "Requests waiting for a worker.") { [server] in
            Double(server.load.queued)
        }
        metrics.gauge("http_server_connections", "Open connections.") { [server] in Double(server.load.connections) }
        metrics.counter(
            "log_lines_dropped_total", "Log lines for which there was no space, or that could not be written."
        ) { logger.droppedLines }
    }

    /// Serves until SIGTERM or SIGINT, then lets open requests end.
    ///
    /// - Precondition: `TerminationSignal.block()` was called before any thread was started.
    /// - Throws: `HTTPServerError` if the port cannot be had; nothing was served then.
    package func run() throws(HTTPServerError) {
        try server.start()
        logger.info("listening", ["host": settings.server.host, "port": server.port])
        let signal = TerminationSignal.wait()
        logger.info("stopping", ["signal": signal])
        health.beginDraining()
        server.beginDraining()
        server.stop(by: .after(milliseconds: settings.drainTimeoutMilliseconds))
        logger.info("stopped")
    }
}
