import CurlHTTPClient
import CustomerLookup
import DatabaseWebService
import Idempotency
import IdempotentReplies
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
    private let replies: IdempotentReplies
    private let resources: ResourceRoutes

    init(_ config: OrdersConfig) {
        base = DatabaseService(
            OrdersApp.identity, config.service, config.database, migrations: OrdersMigrations.all,
            migratesAtStart: config.storage.migratesAtStart)
        let logger = base.logger
        let customers = CustomerDirectory(
            config.customers, token: config.service.serviceToken, transport: CurlTransport(), logger, base.metrics)
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
