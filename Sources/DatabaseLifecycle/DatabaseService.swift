package import HTTPServer
package import MySQL
package import ServiceLifecycle
package import Telemetry
private import Threading

/// A service with a database: what its three commands (`serve`, `migrate`, `seed`) have in common.
package struct DatabaseService: Sendable {
    /// Work to be done again and again while the service runs.
    package struct BackgroundTask: Sendable {
        package let intervalMilliseconds: Int
        package let run: @Sendable () -> Void

        package init(intervalMilliseconds: Int, run: @escaping @Sendable () -> Void) {
            self.intervalMilliseconds = intervalMilliseconds
            self.run = run
        }
    }

    package let database: Database
    package let logger: Logger
    package let metrics = Metrics()

    private let identity: ServiceIdentity
    private let settings: ServiceSettings
    private let health: Health
    /// What `serve` brings the schema and the program together with.
    let startup: SchemaStartup
    private let migrator: Migrator

    /// - Parameter migratesAtStart: whether `serve` migrates (`SYNCHRONIZE=TRUE`) or refuses an old schema.
    package init(
        _ identity: ServiceIdentity, _ settings: ServiceSettings, _ configuration: DatabaseConfiguration,
        migrations: [Migration], migratesAtStart: Bool
    ) {
        self.identity = identity
        self.settings = settings
        let logger = Logger(service: identity.name, level: settings.logLevel)
        self.logger = logger
        let metrics = metrics
        database = Database(configuration) { DatabaseEvents.report($0, logger, metrics) }
        migrator = Migrator(database: database, service: identity.name, migrations: migrations)
        startup = SchemaStartup(migrator, database, migrates: migratesAtStart, logger: logger)
        health = Health([.database(database), .schema(startup)])
    }

    /// `routes` and the service's own, whichever way requests come. Operations that need a token answer 503 until the
    /// schema is there.
    package func application(routes: [Route]) -> Application {
        let own = ServiceRoutes(
            name: identity.name, version: ServiceIdentity.version, health: health, metrics: metrics)
        return Application(
            routes: routes + own.routes, tokens: settings.accessTokens,
            crossOrigin: CrossOriginPolicy(origins: settings.corsOrigins), logger: logger, metrics: metrics,
            admit: startup.admit)
    }

    /// Serves `routes` and the service's own until the process is told to stop. Ends the process with an error if the port
    /// cannot be had, or the schema is not what this program needs. A database that is down is waited for.
    package func serve(_ routes: [Route], tasks: [BackgroundTask]) {
        TerminationSignal.block()
        if startup.runOnce() { refuseIfNeeded() } else { startOrFail(startup.runInBackground()) }
        DatabaseEvents.register(database, metrics)
        let agents = tasks.map { task in
            let agent = PeriodicTask()
            startOrFail(
                agent.start(intervalMilliseconds: task.intervalMilliseconds) {
                    if startup.isCurrent { task.run() }
                })
            return agent
        }
        let service = HTTPService(
            application(routes: routes), settings: settings, health: health, logger: logger, metrics: metrics)
        do { try service.run() } catch { ServiceCommand.fail(error.message) }
        for agent in agents { agent.stop() }
        database.close()
        refuseIfNeeded()
    }

    /// Brings the schema up to date, or ends the process with the reason why that cannot be done.
    package func migrate() {
        let migration = SchemaStartup(migrator, database, migrates: true, logger: logger)
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

    private func startOrFail(_ started: Bool) {
        if !started { ServiceCommand.fail("The system has no thread left for this service.") }
    }
}
