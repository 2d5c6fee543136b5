import CurlHTTPClient
import CustomerLookup
import DatabaseWebService
import Idempotency
import IdempotentReplies
import Resilience
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

    /// 250 ms: a look-up takes a few milliseconds. Where half of those under way take fifty times that, it is not load.
    private static let customersPatienceMilliseconds = 250

    let base: DatabaseService
    let products: ProductService
    let adjustments: StockAdjustmentService
    let orders: OrderService
    let sweep: AbandonedOrderSweep
    private let replies: IdempotentReplies
    private let resources: ResourceRoutes

    init(_ config: OrdersConfig) {
        base = DatabaseService(
            OrdersApp.identity, config.service, config.database, migrations: OrdersMigrations.all,
            migratesAtStart: config.storage.migratesAtStart)
        let logger = base.logger
        let client = ResilientClient(
            transport: CurlTransport(), origin: config.customers,
            bulkhead: Bulkhead(
                callersMax: config.customersCallersMax, patienceMilliseconds: OrdersApp.customersPatienceMilliseconds),
            observe: DependencyEvents("customers-api", logger, base.metrics).report)
        let customers = CustomerDirectory(
            CustomersClient(client, token: config.service.serviceToken),
            cacheMilliseconds: config.customerCacheMilliseconds)
        let idempotency = IdempotencyStore(retentionHours: config.storage.idempotencyRetentionHours)
        products = ProductService(
            database: base.database, store: ProductStore(), adjustments: StockAdjustmentStore(),
            idempotency: idempotency)
        adjustments = StockAdjustmentService(
            database: base.database, store: StockAdjustmentStore(), products: ProductStore(), idempotency: idempotency)
        orders = OrderService(
            database: base.database, store: OrderStore(), products: ProductStore(), idempotency: idempotency,
            customers: customers, cancelWindowMinutes: config.cancelWindowMinutes)
        sweep = AbandonedOrderSweep(orders: orders, reservationMinutes: config.reservationMinutes, logger: logger)
        replies = IdempotentReplies(idempotency, base.database)
        resources = ResourceRoutes(replies, cursor: PageCursor(secrets: config.storage.cursorSecrets))
    }

    static func config(_ reader: inout EnvironmentReader) throws(ConfigurationError) -> OrdersConfig {
        try OrdersConfig(&reader)
    }

    var routes: [Route] {
        ProductRoutes(service: products, adjustments: adjustments, resources: resources).routes
            + OrderRoutes(service: orders, resources: resources).routes
            + AbandonedOrderRoutes(sweep: sweep).routes
    }

    func serve() {
        let backfill = products.store.backfill(base.database)
        base.serve(routes, workers: [sweep.worker, replies.sweep(base.logger), backfill.worker(base.logger)])
    }

    func seed() throws(SeedError) { try OrdersSeed(service: products).run(base.logger) }
}
