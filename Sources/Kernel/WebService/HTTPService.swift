package import Components
package import Concurrency
private import EpollHTTPServer
package import HTTPMessages
package import Telemetry
package import TraceExport
package import WebApplication

/// An application behind a port: started, kept up until the process is told to stop, and stopped without losing a request.
package struct HTTPService: Component {
    package let name = "http-server"

    private let settings: ServiceSettings
    private let health: Health
    private let logger: Logger
    private let server: HTTPServer
    private let exporter: SpanExporter?
    private let tokenFiles: TokenFiles

    /// - Parameters:
    ///   - exporter: of spans; it ends after everything else.
    ///   - respond: what answers requests instead of the application itself, where there is something in front of it.
    package init(
        _ application: Application, settings: ServiceSettings, health: Health, logger: Logger, metrics: Metrics,
        exporter: SpanExporter?, respond: (@Sendable (Request, RequestMetadata) -> RequestOutcome)? = nil
    ) {
        self.settings = settings
        self.health = health
        self.logger = logger
        self.exporter = exporter
        tokenFiles = TokenFiles(settings.tokens, logger, metrics)
        server = HTTPServer(
            settings.server, logger: logger, respond: respond ?? { application.handle($0, $1) },
            refuse: { application.refuse($0, $1) }, classify: { application.classify($0, $1) },
            answersAtOnce: { application.answersAtOnce($0) })
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
    }

    /// From SIGTERM to the end of the process, whatever happens: within the 15 s that are promised, which are half of the 30 s
    /// that Kubernetes grants.
    private static let endSecondsMax = 14

    /// For `DRAIN_TIMEOUT_MS`. 11 s: the rest of `endSecondsMax` is for the last answers, the last lines, and a machine that is
    /// busy.
    static let drainMillisecondsMax = 11_000

    /// Starts `components` and then the port, serves until SIGTERM or SIGINT, and has everything end at once, by the one
    /// deadline that `DRAIN_TIMEOUT_MS` sets. From the signal on the process has 14 s; then the kernel ends it. SIGHUP reads
    /// `LOG_LEVEL` and the files of tokens again.
    ///
    /// - Precondition: no thread was started yet that takes signals.
    /// - Returns: whether everything has ended; else threads are left that only `ServiceCommand.endProcess` may end.
    /// - Throws: why one of `components` could not be started, or the port not be had; nothing was served then.
    package func run(after components: [any Component] = []) throws(ComponentError) -> Bool {
        let first: [any Component] = exporter.map { [$0] } ?? []
        let watches = tokenFiles.workers.map { WorkerComponent($0) }
        let group = ComponentGroup(
            first + watches + components + [self], reloadables: [.logLevel(of: logger), tokenFiles.reloadable],
            logger: logger)
        let isComplete: Bool
        do throws(ComponentError) {
            isComplete = try group.run(
                drainMilliseconds: settings.drainTimeoutMilliseconds, endSecondsMax: HTTPService.endSecondsMax)
        } catch {
            _ = exporter?.finish(by: .after(milliseconds: 0))
            throw error
        }
        // The last requests' spans came while they ended.
        let isExported = exporter?.finish(by: .after(milliseconds: SpanExporter.endMilliseconds)) ?? true
        return isComplete && isExported
    }

    package func start(_ control: ComponentControl) throws(ComponentError) {
        do throws(HTTPServerError) { try server.start() } catch { throw .failed(error.message) }
        logger.info("listening", ["host": settings.server.host, "port": server.port])
    }

    /// First says that it is not ready and goes on for `DRAIN_DELAY_MS`, so that whoever sends requests to this instance among others
    /// has turned to those by the time that it takes no more connections.
    package func drain(by deadline: Deadline) {
        health.beginDraining()
        if server.port != 0 {
            server.retireConnections()
            Thread.sleep(milliseconds: min(settings.drainDelayMilliseconds, deadline.remainingMilliseconds))
        }
        server.beginDraining()
    }

    package func stop(by deadline: Deadline) -> Bool { server.stop(by: deadline) }
}
