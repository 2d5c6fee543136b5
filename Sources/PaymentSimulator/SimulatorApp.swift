import Concurrency
import DatabaseWebService
import Settings
import Telemetry
import WebApplication
import WebService

/// The payment simulator: every dependency is made here, once.
struct SimulatorApp: DatabaseApplication {
    static let identity = ServiceIdentity(
        name: "payment-simulator", command: "PaymentSimulator",
        summary: "The payment simulator: a part of Stripe's API for one's own machine, with faults on demand.")

    let base: DatabaseService
    let gateway: GatewayService
    let faults: FaultService
    let ledger: LedgerService
    let sweep: HoldSweep
    private let config: SimulatorConfig

    init(_ config: SimulatorConfig) {
        self.config = config
        base = DatabaseService(
            SimulatorApp.identity, config.service, config.database, migrations: SimulatorMigrations.all,
            migratesAtStart: config.storage.migratesAtStart)
        let (database, intents, entries, keys) = (base.database, IntentStore(), LedgerStore(), KeyStore())
        gateway = GatewayService(database: database, intents: intents, ledger: entries, keys: keys)
        faults = FaultService(database: database, store: FaultStore())
        ledger = LedgerService(database: database, store: entries)
        sweep = HoldSweep(
            database: database, intents: intents, ledger: entries, keys: keys,
            keyHours: config.storage.idempotencyRetentionHours, runs: SweepMetrics("payment-holds", base.metrics),
            logger: base.logger)
    }

    static func config(_ reader: inout EnvironmentReader) throws(ConfigurationError) -> SimulatorConfig {
        try SimulatorConfig(&reader)
    }

    var routes: [Route] {
        GatewayRoutes(service: gateway, faults: faults, access: .secretKey(config.secretKey)).routes
            + FaultRoutes(service: faults).routes
            + LedgerRoutes(service: ledger, cursor: config.storage.cursor).routes
    }

    func serve() { base.serve(routes, workers: [sweep.worker]) }

    func seed(_ words: CommandWords) throws(CommandError) {
        base.logger.info("there is no demonstration data of this service")
    }
}
