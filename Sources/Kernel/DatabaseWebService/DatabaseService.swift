package import Components
package import Concurrency
package import MySQL
package import Telemetry
private import TraceExport
package import WebApplication
package import WebService

/// A service with a database: what its three commands (`serve`, `migrate`, `seed`) have in common.
package struct DatabaseService: Sendable {
    package let database: Database
    package let logger: Logger
    package let metrics = Metrics()
    /// Takes the spans of what the service does; nil for nobody.
    package let spans: SpanSink?

    private let identity: ServiceIdentity
    private let settings: ServiceSettings
    private let health: Health
    /// What `serve` brings the schema and the program together with.
    let startup: SchemaStartup
    private let migrator: Migrator
    private let exporter: SpanExporter?

    /// - Parameters:
    ///   - migratesAtStart: whether `serve` migrates (`SYNCHRONIZE=TRUE`) or refuses an old schema.
    ///   - checks: what else the service's health depends on.
    package init(
        _ identity: ServiceIdentity, _ settings: ServiceSettings, _ configuration: DatabaseConfiguration,
        migrations: [Migration], migratesAtStart: Bool, checks: [HealthCheck] = []
    ) {
        self.identity = identity
        self.settings = settings.sharing(connectionsMax: configuration.connectionsMax)
        let logger = Logger(
            service: identity.name, level: settings.logLevel, format: settings.output.logFormat)
        self.logger = logger
        let metrics = metrics
        ServiceMetrics.register(identity, logger, in: metrics)
        DatabaseEvents.declare(in: metrics)
        exporter = SpanExporter.make(
            settings.traces, service: identity.name, version: ServiceIdentity.version, logger, metrics)
        spans = exporter?.sink ?? DatabaseService.spansOfComments(configuration.traceComments)
        database = Database(configuration) { DatabaseEvents.report($0, logger, metrics) }
        DatabaseEvents.register(database, as: "requests", metrics)
        migrator = Migrator(database: database, service: identity.name, migrations: migrations)
        startup = SchemaStartup(
            migrator, database, migrates: migratesAtStart, logger: logger, screen: settings.output.progress)
        health = Health([.database(database), .schema(startup)] + checks)
    }

    /// Where commands that take long show how far they are; nil for the log.
    package var progressScreen: ProgressScreen? { settings.output.progress }

    /// Has a check asked with the service's own.
    package func add(_ check: HealthCheck) { health.add(check) }

    /// Statements name the spans that they are, so that there have to be some, wanted or not.
    private static func spansOfComments(_ comments: TraceComments) -> SpanSink? {
        switch comments {
        case .none: nil
        case .transactionEnds, .all: SpanSink { _ in }
        }
    }

    /// Does the command `health`.
    package func reportHealth() { HealthCommand.report(identity, settings) }

    /// Another pool of connections, beside the one of the requests.
    ///
    /// - Parameter name: what it is for, in the metrics.
    package func pool(_ name: String, _ configuration: DatabaseConfiguration) -> Database {
        let pool = Database(configuration) { [logger, metrics] in DatabaseEvents.report($0, logger, metrics) }
        DatabaseEvents.register(pool, as: name, metrics)
        return pool
    }

    /// `routes` and the service's own, whichever way requests come. Operations that need a token answer 503 until the
    /// schema is there.
    ///
    /// - Parameter spans: takes the requests' spans in place of the service's own.
    package func application(routes: [Route], spans: SpanSink? = nil) -> Application {
        Application(
            routes: routes + serviceRoutes.routes + pages.routes, tokens: settings.tokens.accepted,
            crossOrigin: CrossOriginPolicy(origins: settings.corsOrigins), logger: logger, metrics: metrics,
            spans: spans ?? self.spans, admit: startup.admit, limits: settings.limits(metrics),
            audit: settings.audit(metrics))
    }

    private var pages: WebPages { WebPages(settings.webDirectory, identity) }

    /// The operations that every service has, which `application` adds; for those that are to be had under other paths as well.
    package var serviceRoutes: ServiceRoutes {
        ServiceRoutes(name: identity.name, version: ServiceIdentity.version, health: health, metrics: metrics)
    }

    /// Serves `routes` and the service's own until the process is told to stop. Ends the process with an error if the port
    /// cannot be had, or the schema is not what this program needs. A database that is down is waited for.
    ///
    /// - Parameters:
    ///   - workers: what goes on beside the requests, once the schema is there.
    ///   - components: what the workers need; started before them.
    package func serve(_ routes: [Route], workers: [Worker], after components: [any Component] = []) {
        pages.report(to: logger)
        let service = HTTPService(
            application(routes: routes), settings: settings, health: health, logger: logger, metrics: metrics,
            exporter: exporter)
        let schema = SchemaComponent(startup, command: identity.command) { for worker in workers { worker.wake() } }
        let background = workers.map { [startup] worker in WorkerComponent(worker, onlyIf: { startup.isCurrent }) }
        let isComplete: Bool
        do { isComplete = try service.run(after: [schema] + components + background) } catch {
            ServiceCommand.fail(error.message)
        }
        refuseIfNeeded()
        if !isComplete { ServiceCommand.endProcess() }
        database.close()
    }

    /// Brings the schema up to date, or ends the process with the reason why that cannot be done.
    package func migrate() {
        let migration = SchemaStartup(migrator, database, migrates: true, logger: logger, screen: progressScreen)
        guard migration.runOnce() else {
            let cause = migration.passingFailure.map { "\($0). " } ?? ""
            ServiceCommand.fail(
                cause + "Nothing was migrated in \(database.configuration) (DB_USERNAME@DB_HOST:DB_PORT/DB_NAME).")
        }
        if let refusal = migration.refusal { ServiceCommand.fail(refusal.message(command: identity.command)) }
        logger.info("schema is up to date")
    }

    private func refuseIfNeeded() {
        if let refusal = startup.refusal { ServiceCommand.fail(refusal.message(command: identity.command)) }
    }
}
