import Concurrency
import CurlHTTPClient
import CustomerAccess
import CustomerLookup
import DatabaseWebService
import Idempotency
import IdempotentReplies
import MySQL
import ResourceRoutes
import Settings
import Telemetry
import WebApplication
import WebService
import WordSearch

/// The Orders API: every dependency is made here, once.
struct OrdersApp: DatabaseApplication {
    static let identity = ServiceIdentity(
        name: "orders-api", command: "OrdersAPI", summary: "The Orders API: products, stock and orders.")

    let base: DatabaseService
    let products: ProductService
    let adjustments: StockAdjustmentService
    let orders: OrderService
    let sweep: AbandonedOrderSweep
    let events: EventService
    /// The sequencer's connection.
    let sequencerDatabase: Database
    let sequencer: EventSequencer
    /// Nil without a `JWT_SECRET`.
    let tokenIssuer: CustomerTokenIssuer?
    private let eventsNumbered: WakeSignal
    let eventWatch: EventWatch
    private let numberingWorker: Worker
    /// Nil where there is no broker.
    let eventPublisher: EventPublisher?
    private let replies: IdempotentReplies
    private let resources: ResourceRoutes

    init(_ config: OrdersConfig) {
        base = DatabaseService(
            OrdersApp.identity, config.service, config.database, migrations: OrdersMigrations.all,
            migratesAtStart: config.storage.migratesAtStart)
        let logger = base.logger
        let customers = CustomerDirectory(
            config.customers, token: config.service.serviceToken, transport: CurlTransport(), logger, base.metrics)
        tokenIssuer = CustomerTokenIssuer(config.access)
        let idempotency = IdempotencyStore(retentionHours: config.storage.idempotencyRetentionHours)
        products = ProductService(
            database: base.database, store: ProductStore(), adjustments: StockAdjustmentStore(),
            idempotency: idempotency)
        adjustments = StockAdjustmentService(
            database: base.database, store: StockAdjustmentStore(), products: ProductStore(), idempotency: idempotency)
        eventsNumbered = WakeSignal()
        sequencerDatabase = Database(config.database.forSequencer) { [base] in base.observe($0) }
        sequencer = EventSequencer(sequencerDatabase, numbered: eventsNumbered, logger, base.metrics)
        numberingWorker = sequencer.makeWorker()
        events = EventService(database: base.database, store: OrderEventStore(), log: EventLogStore())
        eventWatch = EventWatch(base.database, EventLogStore(), numbered: eventsNumbered, logger)
        eventPublisher = config.broker.map { [base, eventsNumbered, eventWatch] in
            EventPublisher(
                $0, base.database, EventLogStore(), numbered: eventsNumbered, watch: eventWatch, logger, base.metrics)
        }
        orders = OrderService(
            database: base.database, store: OrderStore(), products: ProductStore(), idempotency: idempotency,
            customers: customers, events: OrderEventStore(), cancelWindowMinutes: config.cancelWindowMinutes,
            didCommitEvents: sequencer.noteCommitted)
        sweep = AbandonedOrderSweep(orders: orders, reservationMinutes: config.reservationMinutes, logger: logger)
        replies = IdempotentReplies(idempotency, base.database)
        resources = ResourceRoutes(replies, cursor: PageCursor(secrets: config.storage.cursorSecrets))
    }

    static func config(_ reader: inout EnvironmentReader) throws(ConfigurationError) -> OrdersConfig {
        try OrdersConfig(&reader)
    }

    static var ownCommands: [OwnCommand<OrdersApp>] { eventCommands + [tokenCommand] }

    var routes: [Route] {
        ProductRoutes(service: products, adjustments: adjustments, resources: resources).routes
            + OrderRoutes(service: orders, resources: resources).routes
            + EventRoutes(service: events, numbered: eventsNumbered, watch: eventWatch).routes
            + AbandonedOrderRoutes(sweep: sweep).routes
    }

    func serve() {
        let backfill = products.store.backfill(base.database)
        base.serve(
            routes,
            workers: [
                numberingWorker, eventWatch.makeWorker(), sweep.worker, replies.sweep(base.logger),
                backfill.worker(base.logger),
            ] + (eventPublisher.map { [$0.makeWorker()] } ?? []),
            after: eventPublisher.map { [$0] } ?? [])
        sequencerDatabase.close()
    }

    func seed() throws(CommandError) { try OrdersSeed(service: products).run(base.logger) }
}

extension DatabaseConfiguration {
    /// One connection, whose session ends soon where nothing is heard of it, and which is therefore asked for a sign of life sooner.
    fileprivate var forSequencer: DatabaseConfiguration {
        var configuration = self
        configuration.connectionsMax = 1
        configuration.sessionIdleTimeoutSeconds = EventSequencer.sessionIdleTimeoutSeconds
        configuration.idlePingSeconds = EventSequencer.sessionIdleTimeoutSeconds / 2
        return configuration
    }
}
