package import Concurrency
package import EpollHTTPServer
package import HTTPMessages
package import Telemetry
package import WebApplication

/// An application behind a port: started, kept up until the process is told to stop, and stopped without losing a request.
package struct HTTPService: Sendable {
    private let settings: ServiceSettings
    private let health: Health
    private let logger: Logger
    private let server: HTTPServer

    /// - Parameter respond: what answers requests instead of the application itself, where there is something in front of it.
    package init(
        _ application: Application, settings: ServiceSettings, health: Health, logger: Logger, metrics: Metrics,
        respond: (@Sendable (Request, RequestMetadata) -> RequestOutcome)? = nil
    ) {
        self.settings = settings
        self.health = health
        self.logger = logger
        server = HTTPServer(
            settings.server, logger: logger, respond: respond ?? { application.handle($0, $1) },
            refuse: { application.refuse($0, $1) })
        metrics.gauge("http_server_requests_in_flight", "Requests being worked on.") { [server] in
            Double(server.load.inFlight)
        }
        metrics.gauge("http_server_requests_queued", "Requests waiting for a worker.") { [server] in
            Double(server.load.queued)
        }
        metrics.gauge("http_server_requests_parked", "Requests waiting for something without a worker.") { [server] in
            Double(server.load.parked)
        }
        metrics.gauge("http_server_connections", "Open connections.") { [server] in Double(server.load.connections) }
        metrics.counter(
            "log_lines_dropped_total", "Log lines for which there was no space, or that could not be written."
        ) { logger.droppedLines }
    }

    /// From SIGTERM to the end of the process, whatever happens: within the 15 s that are promised, which are half of the 30 s
    /// that Kubernetes grants.
    private static let endSecondsMax = 14

    /// For `DRAIN_TIMEOUT_MS`. 11 s: the rest of `endSecondsMax` is for the last answers, the last lines, and a machine that is
    /// busy.
    static let drainMillisecondsMax = 11_000

    /// 500 ms at least for what goes on beside the requests, where those have taken all of the time.
    private static let lastStepMilliseconds = 500

    /// Serves until SIGTERM or SIGINT, then has everything end at once: open requests and `activities`, all of them by the one
    /// deadline that `DRAIN_TIMEOUT_MS` sets. From the signal on the process has 14 s; then the kernel ends it.
    ///
    /// - Precondition: `TerminationSignal.block()` was called before any thread was started.
    /// - Returns: whether everything has ended; else threads are left that only `ServiceCommand.endProcess` may end.
    /// - Throws: `HTTPServerError` if the port cannot be had; nothing was served then.
    package func run(beside activities: [any BackgroundActivity] = []) throws(HTTPServerError) -> Bool {
        try server.start()
        logger.info("listening", ["host": settings.server.host, "port": server.port])
        let signal = TerminationSignal.wait()
        TerminationSignal.endProcess(afterSeconds: HTTPService.endSecondsMax)
        let deadline = Deadline.after(milliseconds: settings.drainTimeoutMilliseconds)
        logger.info("stopping", ["signal": signal])
        for activity in activities { activity.requestEnd() }
        health.beginDraining()
        server.beginDraining()
        let haveHandlersEnded = server.stop(by: deadline)
        let lastStep = max(deadline, .after(milliseconds: HTTPService.lastStepMilliseconds))
        let activitiesLeft = activities.count { !$0.waitForEnd(by: lastStep) }
        let isComplete = haveHandlersEnded && activitiesLeft == 0
        if !isComplete {
            logger.warning(
                "Not everything has ended in time; it ends with the process.",
                ["handlers_left": !haveHandlersEnded, "activities_left": activitiesLeft])
        }
        logger.info("stopped")
        return isComplete
    }
}
