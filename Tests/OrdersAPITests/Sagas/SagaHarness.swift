import CustomerAccess
import Concurrency
import DatabaseTesting
import JSON
import JSONWebTokens
import MySQL
import ServiceTesting
import Testing

@testable import OrdersAPI

/// The Orders API with asynchronous orders, the real Customers API and a scripted payment gateway. Sagas go on when a test says so.
final class SagaHarness: Sendable {
    static let secret = "a-secret-of-the-tests-of-more-than-32-bytes"

    let service: ServiceHarness
    let customers: RunningCustomers
    let gateway: ScriptedGateway
    /// Ana's.
    let client: ApplicationClient
    var database: Database { service.database }
    var runner: SagaRunner { get throws { try #require(service.app.sagaRunner) } }

    init(_ settings: [String: String] = [:]) throws {
        customers = try RunningCustomers()
        gateway = try ScriptedGateway()
        let own = [
            "ASYNC_ORDERS": "on", "PAYMENT_GATEWAY_URL": gateway.url, "PAYMENT_TIMEOUT_MS": "300",
            "JWT_SECRET": SagaHarness.secret,
        ]
        service = try ServiceHarness(customers: customers.url, own.merging(settings) { $1 })
        client = try service.client.with(token: SagaHarness.token(customers.ana))
    }

    deinit { gateway.stop() }

    /// A token of a customer's.
    static func token(_ customerID: Int64) throws -> String {
        let secret = try #require(JSONWebTokenSecret(SagaHarness.secret))
        return JSONWebTokenSigner(secret).sign(
            JSONObject([("customer_id", .integer(customerID))]), lifetimeSeconds: 600,
            nowSeconds: CustomerAccess.nowSeconds())
    }

    func client(of customerID: Int64) throws -> ApplicationClient {
        service.client.with(token: try SagaHarness.token(customerID))
    }

    /// Places Ana's order of some pieces of a product.
    func place(_ productID: Int64, _ quantity: Int64 = 1, method: String? = nil, key: String? = nil) -> Reply {
        let client = key.map { self.client.with(key: $0) } ?? self.client
        let method = method.map { #","payment_method":"\#($0)""# } ?? ""
        return client.post(
            "/api/v1/orders", #"{"items":[{"product_id":\#(productID),"qty":\#(quantity)}]\#(method)}"#)
    }

    /// As `place`, and the order's id.
    func placed(_ productID: Int64, _ quantity: Int64 = 1, method: String? = nil) throws -> Int64 {
        let reply = place(productID, quantity, method: method)
        try #require(reply.status == 202, "\(reply)")
        return try #require(reply.json["orderId"]?.integer)
    }

    /// Does all that is due, and what follows from it at once.
    func run() throws {
        repeat { try runner.claim() } while try runner.runQueued() > 0
    }

    /// Does one step of what is due.
    func runOneStep() throws {
        try runner.claim()
        try runner.runQueued(stepMax: 1)
    }

    /// Has all that waits for another attempt be due.
    func makeDue() throws {
        try database.change("UPDATE order_sagas SET run_at = UTC_TIMESTAMP(6) WHERE state = 'RUNNING'")
    }

    /// Has the time be up of all steps.
    func makeLate() throws {
        try database.change("UPDATE order_sagas SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
    }

    func status(_ id: Int64) -> String { order(id).data["status"]?.string ?? "" }

    func order(_ id: Int64) -> Reply { client.get("/api/v1/orders/\(id)") }

    func cancel(_ id: Int64, key: String? = nil) -> Reply {
        (key.map { client.with(key: $0) } ?? client).post("/api/v1/orders/\(id)/cancel")
    }

    /// The types of an order's events, less what they have in common.
    func events(_ id: Int64) -> [String] {
        (client.get("/api/v1/orders/\(id)/history").data.array ?? []).map {
            String(($0["type"]?.string ?? "").dropFirst("order.".count))
        }
    }

    func step(_ id: Int64) throws -> String {
        try database.read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.queryFirst("SELECT step FROM order_sagas WHERE order_id = \(id)") {
                (row) throws(DatabaseError) in try row.string(0)
            }
        } ?? ""
    }

    var sagaCount: Int64 { get throws { try database.number("SELECT COUNT(*) FROM order_sagas") ?? -1 } }

    /// What was taken less what was given back, and whether anything is held.
    var money: (kept: Int64, isHeld: Bool) {
        let intents = gateway.intents
        return (intents.reduce(0) { $0 + $1.received - $1.refunded }, intents.contains(where: \.holds))
    }
}
