@testable import CustomersAPI
import DatabaseTesting
@testable import DatabaseWebService
import JSON
import MySQL
@testable import OrdersAPI
import ServiceTesting
import Settings
import Testing
import WebApplication

/// The Orders API on a schema of its own, as `serve` would put it together, with a Customers API over HTTP.
final class ServiceHarness: Sendable {
    let app: OrdersApp
    let client: ApplicationClient
    /// The service's own, to look and to change behind its back.
    var database: Database { app.base.database }
    private let schema: TestSchema
    private let settings: [String: String]

    static let createPath = "/admin/orders/create-order"

    /// - Parameters:
    ///   - customers: where the Customers API is.
    ///   - settings: customers are not remembered, unless they say otherwise.
    init(customers: String, _ settings: [String: String] = [:]) throws {
        schema = try TestDatabase.makeSchema()
        let defaults = ["CUSTOMERS_API_BASE": customers, "CUSTOMER_CACHE_TTL_MS": "0"]
        self.settings = schema.environment.merging(defaults) { $1 }.merging(settings) { $1 }
        var reader = EnvironmentReader(self.settings)
        app = OrdersApp(try OrdersConfig(&reader))
        client = ApplicationClient(app.base.application(routes: app.routes))
        try #require(app.base.startup.runOnce() && app.base.startup.isCurrent)
    }

    deinit { app.close() }

    /// A second instance on the same schema, for its caller to close.
    func anotherInstance() throws -> OrdersApp {
        var reader = EnvironmentReader(settings)
        return OrdersApp(try OrdersConfig(&reader))
    }

    /// A new product's id.
    func product(_ sku: String, priceCents: Int64 = 1000, stock: Int64 = 10) throws -> Int64 {
        let reply = client.post(
            "/admin/products/create-product",
            #"{"sku":"\#(sku)","name":"\#(sku) name","price_cents":\#(priceCents),"stock":\#(stock)}"#)
        try #require(reply.status == 201, "\(reply)")
        return reply.id
    }

    /// Asks for an order of `items`, product id and quantity each.
    func order(_ customerID: Int64, _ items: [(Int64, Int64)], key: String? = nil) -> Reply {
        let client = key.map { self.client.with(key: $0) } ?? self.client
        return client.post(ServiceHarness.createPath, newOrder(customerID, items))
    }

    func confirm(_ id: Int64, key: String) -> Reply { client.with(key: key).post("/admin/orders/\(id)/confirm") }

    func cancel(_ id: Int64) -> Reply { client.post("/admin/orders/\(id)/cancel") }

    func adjust(_ productID: Int64, _ delta: Int64, reason: String = "RECEIPT", key: String) -> Reply {
        client.with(key: key).post(
            "/admin/products/\(productID)/adjust-stock", #"{"delta":\#(delta),"reason":"\#(reason)"}"#)
    }

    func find(_ id: Int64) -> Reply { client.get("/admin/orders/find-one/\(id)") }

    func stock(_ productID: Int64) throws -> Int64 {
        try database.number("SELECT CAST(stock AS SIGNED) FROM products WHERE id = \(productID)") ?? -1
    }

    /// What the ledger says is there, less what orders hold.
    func ledgerLessHeld(_ productID: Int64) throws -> Int64 {
        try database.number(
            """
            SELECT CAST((SELECT SUM(delta) FROM stock_adjustments WHERE product_id = \(productID)) - COALESCE(
                (SELECT SUM(qty) FROM order_items JOIN orders ON orders.id = order_id
                 WHERE product_id = \(productID) AND status NOT IN ('CANCELED', 'REJECTED', 'PENDING')), 0) AS SIGNED)
            """) ?? -1
    }

    var orderCount: Int64 { get throws { try database.number("SELECT COUNT(*) FROM orders") ?? -1 } }
    var itemCount: Int64 { get throws { try database.number("SELECT COUNT(*) FROM order_items") ?? -1 } }
    var keyCount: Int64 { get throws { try database.number("SELECT COUNT(*) FROM idempotency_keys") ?? -1 } }
}

extension OrdersApp {
    /// Gives back its connections.
    func close() {
        base.database.close()
        sequencerDatabase.close()
        sagaDatabase.close()
    }
}

/// The body of a request that makes an order.
func newOrder(_ customerID: Int64, _ items: [(Int64, Int64)]) -> String {
    let lines = items.map { #"{"product_id":\#($0.0),"qty":\#($0.1)}"# }.joined(separator: ",")
    return #"{"customer_id":\#(customerID),"items":[\#(lines)]}"#
}

/// The real Customers API on a port of its own, with one customer in it.
final class RunningCustomers: Sendable {
    let client: ApplicationClient
    /// Ana, who may order.
    let ana: Int64
    var url: String { server.url }
    private let app: CustomersApp
    private let server: LocalServer
    private let schema: TestSchema

    init() throws {
        schema = try TestDatabase.makeSchema()
        var reader = EnvironmentReader(schema.environment)
        app = CustomersApp(try CustomersConfig(&reader))
        let application = app.base.application(routes: app.routes)
        client = ApplicationClient(application)
        server = try LocalServer(application)
        try #require(app.base.startup.runOnce() && app.base.startup.isCurrent)
        let reply = client.post(
            "/admin/customers/create-customer",
            #"{"name":"Ana Torres","email":"ana@example.com","phone":"+593 99 123 4567"}"#)
        try #require(reply.status == 201, "\(reply)")
        ana = reply.id
    }

    /// One more customer who may order.
    func another() throws -> Int64 {
        let reply = client.post(
            "/admin/customers/create-customer", #"{"name":"Eva","email":"eva@example.com","phone":"555"}"#)
        try #require(reply.status == 201, "\(reply)")
        return reply.id
    }

    deinit {
        server.stop()
        app.base.database.close()
    }

    func deactivate(_ id: Int64) -> Reply { client.patch("/admin/customers/logic-delete/\(id)") }

    func change(_ id: Int64, _ patch: String) -> Reply { client.patch("/admin/customers/update/\(id)", patch) }

    /// The port refuses connections from now on.
    func stop() { server.stop() }
}
