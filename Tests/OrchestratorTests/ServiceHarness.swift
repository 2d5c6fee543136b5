import Concurrency
@testable import CustomersAPI
import DatabaseTesting
@testable import DatabaseWebService
import HTTPMessages
import JSON
import MySQL
@testable import Orchestrator
@testable import OrdersAPI
import ServiceTesting
import Settings
import Telemetry
import Testing
import WebApplication

/// The orchestrator, as `run` would put it together.
struct ServiceHarness: Sendable {
    static let path = "/orchestrator/create-and-confirm-order"

    let app: OrchestratorApp
    let client: ApplicationClient
    private let ownCustomers: ActiveCustomers?

    /// - Parameters:
    ///   - customers: where the Customers API is; nil for one in which everybody may order.
    ///   - orders: where the Orders API is.
    init(
        customers: String? = nil, orders: String, _ settings: [String: String] = [:], spans: SpanSink? = nil
    ) throws {
        ownCustomers = customers == nil ? try ActiveCustomers() : nil
        let defaults = [
            "CUSTOMERS_API_BASE": customers ?? ownCustomers?.url ?? "", "ORDERS_API_BASE": orders,
            "SERVICE_TOKEN": TestTokens.service, "LOG_LEVEL": "error", "AUDIT_LOG": "off",
            "CUSTOMER_CACHE_TTL_MS": "0",
        ]
        var reader = EnvironmentReader(defaults.merging(settings) { $1 })
        app = OrchestratorApp(try OrchestratorConfig(&reader), spans: spans)
        client = ApplicationClient(app.application)
    }

    func call(_ customerID: Int64, _ items: [(Int64, Int64)], key: String, timeoutMilliseconds: Int = 10_000) -> Reply {
        client.with("X-Request-Timeout-Ms", String(timeoutMilliseconds))
            .post(ServiceHarness.path, callBody(customerID, items, key: key))
    }
}

/// The body of a call; without a key where `key` is nil.
func callBody(_ customerID: Int64, _ items: [(Int64, Int64)], key: String?, correlationID: String? = nil) -> String {
    let body = JSONWriter.object { writer in
        writer.member("customer_id", customerID)
        writer.member(
            "items",
            array: { writer in
                for item in items {
                    writer.object { writer in
                        writer.member("product_id", item.0)
                        writer.member("qty", item.1)
                    }
                }
            })
        if let key { writer.member("idempotency_key", key) }
        if let correlationID { writer.member("correlation_id", correlationID) }
    }
    return String(decoding: body, as: UTF8.self)
}

/// The real Customers API and the real Orders API on ports of their own, with one customer and one product.
final class Backend: Sendable {
    let customers: ApplicationClient
    let orders: ApplicationClient
    let ordersApp: OrdersApp
    let ana: Int64
    let chair: Int64
    let table: Int64
    var ordersURL: String { ordersServer.url }
    private let customersURL: String
    private let customersApp: CustomersApp
    private let customersServer: LocalServer
    private let ordersServer: LocalServer
    private let schemas: [TestSchema]
    private let spans: SpanSink?

    /// - Parameters:
    ///   - customersOfAll: where both other services ask for customers; nil for the real Customers API.
    ///   - settings: of the Orders API.
    ///   - spans: takes the spans of all three services.
    init(
        stock: Int64 = 10, customersOfAll: String? = nil, settings: [String: String] = [:], spans: SpanSink? = nil
    ) throws {
        self.spans = spans
        let schemas = [try TestDatabase.makeSchema(), try TestDatabase.makeSchema()]
        self.schemas = schemas
        var reader = EnvironmentReader(schemas[0].environment)
        customersApp = CustomersApp(try CustomersConfig(&reader))
        try #require(customersApp.base.startup.runOnce() && customersApp.base.startup.isCurrent)
        let customersApplication = customersApp.base.application(routes: customersApp.routes, spans: spans)
        customers = ApplicationClient(customersApplication)
        customersServer = try LocalServer(customersApplication)
        customersURL = customersOfAll ?? customersServer.url
        let defaults = ["CUSTOMERS_API_BASE": customersURL, "CUSTOMER_CACHE_TTL_MS": "0"]
        reader = EnvironmentReader(schemas[1].environment.merging(defaults) { $1 }.merging(settings) { $1 })
        ordersApp = OrdersApp(try OrdersConfig(&reader))
        try #require(ordersApp.base.startup.runOnce() && ordersApp.base.startup.isCurrent)
        let ordersApplication = ordersApp.base.application(routes: ordersApp.routes, spans: spans)
        orders = ApplicationClient(ordersApplication)
        ordersServer = try LocalServer(ordersApplication)
        ana =
            customers.post(
                "/admin/customers/create-customer",
                #"{"name":"Ana Torres","email":"ana@example.com","phone":"+593 99 123 4567"}"#
            ).id
        chair =
            orders.post(
                "/admin/products/create-product",
                #"{"sku":"chair","name":"Chair","price_cents":1000,"stock":\#(stock)}"#
            ).id
        table =
            orders.post(
                "/admin/products/create-product",
                #"{"sku":"table","name":"Table","price_cents":5000,"stock":\#(stock)}"#
            ).id
        try #require(ana > 0 && chair > 0 && table > 0)
    }

    deinit {
        ordersServer.stop()
        customersServer.stop()
        ordersApp.base.database.close()
        customersApp.base.database.close()
    }

    func harness(_ settings: [String: String] = [:]) throws -> ServiceHarness {
        try ServiceHarness(customers: customersURL, orders: ordersURL, settings, spans: spans)
    }

    /// Does the orchestrator's first step under its key, as a process would have that was then killed.
    func createStep(_ items: [(Int64, Int64)], of key: String) throws -> Int64 {
        let key = StepKey(.create, of: try #require(IdempotencyKey(key)), caller: .default)
        let lines = items.map { #"{"product_id":\#($0.0),"qty":\#($0.1)}"# }.joined(separator: ",")
        let reply = orders.with(key: key.text).post(
            "/admin/orders/create-order", #"{"customer_id":\#(ana),"items":[\#(lines)]}"#)
        try #require(reply.status == 201, "\(reply)")
        return reply.id
    }

    /// Lets some minutes pass for all orders, and sweeps.
    ///
    /// - Returns: how many there were.
    func sweep(afterMinutes minutes: Int) throws -> Int {
        try ordersApp.base.database.change("UPDATE orders SET created_at = created_at - INTERVAL \(minutes) MINUTE")
        return try ordersApp.sweep.runOnce(by: .after(milliseconds: 20_000))
    }

    var stock: Int64 {
        get throws {
            try ordersApp.base.database.number("SELECT CAST(stock AS SIGNED) FROM products WHERE id = \(chair)") ?? -1
        }
    }
    var orderCount: Int64 {
        get throws { try ordersApp.base.database.number("SELECT COUNT(*) FROM orders") ?? -1 }
    }
}
