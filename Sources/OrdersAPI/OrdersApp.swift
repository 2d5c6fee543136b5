import Concurrency
import CurlHTTPClient
import CustomerAccess
import CustomerErasures
import CustomerLookup
import DatabaseWebService
import Idempotency
import IdempotentReplies
import JSONWebTokens
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
        name: "orders-api", command: "OrdersAPI", summary: "The Orders API: products, stock and orders.",
        hasConsole: true)

    let base: DatabaseService
    let products: ProductService
    let adjustments: StockAdjustmentService
    let orders: OrderService
    let sweep: AbandonedOrderSweep
    let erasures: ErasureWorker
    let placement: OrderPlacement
    let sagas: SagaService
    /// The connections of those that work on asynchronous orders, so that requests never wait behind them.
    let sagaDatabase: Database
    /// Nil where there are no asynchronous orders.
    let sagaRunner: SagaRunner?
    let orderWatch: OrderWatch
    private let servesWork: Bool
    private let customerAccess: CustomerAccess
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
        let transport = CurlTransport(configuration: CurlTransportConfiguration(config.tls))
        let customers = CustomerDirectory(
            config.customers, token: config.service.tokens.sent, transport: transport, logger, base.metrics)
        // Most of what is asked of orders goes on without it: an outage of it must not take every instance away.
        base.add(
            DependencyProbe(
                "customers-api", "The Customers API", transport, config.customers.client.origin, customers.guards,
                logger
            ).check(decidesReadiness: false))
        tokenIssuer = config.access.issuer
        let metrics = OrderMetrics(base.metrics)
        let idempotency = IdempotencyStore(retentionHours: config.storage.idempotencyRetentionHours)
        products = ProductService(
            database: base.database, store: ProductStore(), adjustments: StockAdjustmentStore(),
            idempotency: idempotency)
        adjustments = StockAdjustmentService(
            database: base.database, store: StockAdjustmentStore(), products: ProductStore(), idempotency: idempotency)
        eventsNumbered = WakeSignal()
        sequencerDatabase = base.pool("sequencer", config.database.forSequencer)
        sequencer = EventSequencer(sequencerDatabase, numbered: eventsNumbered, logger, base.metrics)
        numberingWorker = sequencer.makeWorker()
        events = EventService(database: base.database, store: OrderEventStore(), log: EventLogStore())
        eventWatch = EventWatch(base.database, EventLogStore(), numbered: eventsNumbered, logger)
        eventPublisher = config.broker.map { [base, eventsNumbered, eventWatch] in
            EventPublisher(
                $0, base.database, EventLogStore(), numbered: eventsNumbered, watch: eventWatch, logger, base.metrics)
        }
        let watch = OrderWatch(base.database, EventLogStore(), logger)
        orderWatch = watch
        let didCommit: @Sendable ([Int64]) -> Void = { [sequencer] ids in
            sequencer.noteCommitted()
            watch.note(ids)
        }
        sagaDatabase = base.pool("sagas", config.database)
        sagaRunner = config.sagas.map { [base, sagaDatabase] in
            OrdersApp.sagaRunner($0, base, sagaDatabase, customers, didCommit: didCommit)
        }
        customerAccess = CustomerAccess(config.access, logger, base.metrics)
        servesWork = config.sagas?.servesWork ?? false
        sagas = SagaService(
            database: base.database, orders: OrderStore(), products: ProductStore(), events: OrderEventStore(),
            sagas: SagaStore(), idempotency: idempotency,
            deadlineMinutes: config.sagas?.deadlineMinutes ?? SagaSettings.deadlineMinutesDefault, metrics: metrics,
            runner: sagaRunner,
            didCommit: didCommit)
        placement = OrderPlacement(
            database: base.database, orders: OrderStore(), products: ProductStore(), events: OrderEventStore(),
            idempotency: idempotency, sagas: sagas, isOn: config.sagas?.areAccepted ?? false,
            metrics: metrics)
        orders = OrderService(
            database: base.database, store: OrderStore(), products: ProductStore(), idempotency: idempotency,
            customers: customers, events: OrderEventStore(), sagas: sagas,
            cancelWindowMinutes: config.cancelWindowMinutes, metrics: metrics,
            didCommitEvents: sequencer.noteCommitted)
        sweep = AbandonedOrderSweep(
            orders: orders, reservationMinutes: config.reservationMinutes,
            runs: SweepMetrics("abandoned-orders", base.metrics), logger: logger)
        erasures = ErasureWorker(
            sagaDatabase, ErasureStore(consumer: "orders"),
            ErasureClient(
                transport: MeasuredTransport(transport, "customers-api", base.metrics),
                origin: config.customers.client.origin, token: config.service.tokens.sent),
            OrderEraser(database: sagaDatabase, idempotency: idempotency), logger, base.metrics)
        replies = IdempotentReplies(idempotency, base.database)
        resources = ResourceRoutes(replies, cursor: config.storage.cursor)
    }

    static func config(_ reader: inout EnvironmentReader) throws(ConfigurationError) -> OrdersConfig {
        try OrdersConfig(&reader)
    }

    static var ownCommands: [OwnCommand<OrdersApp>] { sagaCommands + eventCommands + [tokenCommand] }

    var routes: [Route] {
        ProductRoutes(service: products, adjustments: adjustments, resources: resources).routes
            + OrderRoutes(service: orders, resources: resources).routes
            + EventRoutes(service: events, numbered: eventsNumbered, watch: eventWatch).routes
            + AbandonedOrderRoutes(sweep: sweep).routes
            + SagaRoutes(service: sagas, resources: resources).routes
            + CustomerOrderRoutes(
                placement: placement, orders: orders, events: events, watch: orderWatch, resources: resources,
                replies: replies, access: customerAccess.rule
            ).routes
            + base.serviceRoutes.healthRoutes(under: "/api/v1", named: "getAPI")
    }

    private static func sagaRunner(
        _ settings: SagaSettings, _ base: DatabaseService, _ database: Database, _ customers: CustomerDirectory,
        didCommit: @escaping @Sendable ([Int64]) -> Void
    ) -> SagaRunner {
        let metrics = SagaMetrics(base.metrics)
        let results = SagaResults(
            database: database, orders: OrderStore(), products: ProductStore(), events: OrderEventStore(),
            sagas: SagaStore(), metrics: metrics, logger: base.logger, didCommit: didCommit)
        let gateway = PaymentGateway(settings.payments, base.logger, base.metrics)
        base.add(gateway.check)
        let payment = SagaPayment(
            gateway: gateway, settings: settings.payments,
            methodDefault: settings.paymentMethodDefault, results: results, metrics: metrics, logger: base.logger)
        return SagaRunner(
            results: results,
            reservation: SagaReservation(
                results: results, customers: customers, logger: base.logger, spans: base.spans),
            payment: payment, gatewayThreadsMax: settings.threadsMax, metrics: metrics, logger: base.logger,
            spans: base.spans)
    }

    /// Works on asynchronous orders, and serves nothing but how it does.
    func work() throws(CommandError) {
        guard let sagaRunner else {
            throw CommandError(
                message: "There is no payment gateway to work with: set PAYMENT_GATEWAY_URL.", status: .misconfigured)
        }
        base.serve([], workers: [numberingWorker] + sagaRunner.makeWorkers())
        closeOwnDatabases()
    }

    func serve() {
        let sagaWorkers = servesWork ? sagaRunner?.makeWorkers() ?? [] : []
        let backfill = products.store.backfill(base.database)
        base.serve(
            routes,
            workers: [
                numberingWorker, eventWatch.makeWorker(), orderWatch.makeWorker(), sweep.worker,
                replies.sweep(base.logger, base.metrics), backfill.worker(base.logger), erasures.worker,
            ] + customerAccess.workers + sagaWorkers + (eventPublisher.map { [$0.makeWorker()] } ?? []),
            after: eventPublisher.map { [$0] } ?? [])
        closeOwnDatabases()
    }

    private func closeOwnDatabases() {
        sequencerDatabase.close()
        sagaDatabase.close()
    }

    static var seedOptions: [CommandDescription.Option] { [DemonstrationOrders.option] }

    func seed(_ words: CommandWords) throws(CommandError) {
        let count = try words.number(of: DemonstrationOrders.option.name, in: DemonstrationOrders.count)
        try OrdersSeed(service: products).run(base.logger)
        if let count {
            try DemonstrationOrders(database: base.database, logger: base.logger, screen: base.progressScreen)
                .add(Int(count))
        }
    }
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
