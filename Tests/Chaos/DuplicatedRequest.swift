import Foundation
import HTTPTypes
import JSON
import MySQL
import SystemTesting

/// A change under a key, and how its effect is seen.
struct DuplicatedRequest: Sendable {
    enum Kind: CaseIterable {
        case createAndConfirm, createOrder, confirmOrder, cancelOrder, createProduct, createCustomer

        var service: RunningSystem.Service {
            switch self {
            case .createAndConfirm: .orchestrator
            case .createCustomer: .customers
            default: .orders
            }
        }

        /// What the request is answered under another key, once it has been done: a second order is one, a second product
        /// of one SKU is none.
        var variantStatus: Int {
            switch self {
            case .createAndConfirm, .createOrder: 201
            case .cancelOrder: 200
            case .confirmOrder, .createProduct, .createCustomer: 409
            }
        }
    }

    let kind: Kind
    let key: String
    let target: String
    let body: String?
    /// Another body for the same operation, where it has a body.
    let otherBody: String?
    /// Each of them counts 1 once the request has had its effect once.
    let effects: [SQL]

    func send(by client: ServiceClient) throws -> Reply { try send(body, key, client) }

    func sendOtherPayload(by client: ServiceClient) throws -> Reply? {
        try otherBody.map { try send($0, key, client) }
    }

    func sendUnderKeyInOtherLetters(by client: ServiceClient) throws -> Reply {
        try send(body, key.uppercased(), client)
    }

    /// The bytes that are the same in each reply under the key.
    func kept(_ reply: Reply) -> [UInt8] {
        guard kind == .createAndConfirm else { return reply.response.body }
        // What stands before `data` is the correlation id, which is each caller's own.
        let text = String(decoding: reply.response.body, as: UTF8.self)
        return text.range(of: #""data":"#).map { Array(text[$0.lowerBound...].utf8) } ?? []
    }

    private func send(_ body: String?, _ key: String, _ client: ServiceClient) throws -> Reply {
        try client.send(.post, target, body, headers: ["X-Idempotency-Key": key])
    }
}

/// Makes what the requests act on.
final class DuplicatesWorkshop {
    private static let stock: Int64 = 1000

    /// Pieces of each product that orders may take, before the first one.
    private(set) var stocks: [Int64: Int64] = [:]
    /// Every key that the orchestrator is called with.
    private(set) var callerKeys: Set<String> = []
    private let system: RunningSystem
    private let customer: Int64

    init(_ system: RunningSystem) throws {
        self.system = system
        customer = try system.makeCustomer()
    }

    /// A request with a product of its own, or an order of its own.
    func request(_ kind: DuplicatedRequest.Kind, key: String) throws -> DuplicatedRequest {
        switch kind {
        case .createAndConfirm:
            callerKeys.formUnion([key, key.uppercased()])
            return try order(kind, key, "/orchestrator/create-and-confirm-order", status: "CONFIRMED")
        case .createOrder: return try order(kind, key, "/admin/orders/create-order", status: "CREATED")
        case .confirmOrder:
            let (id, product) = try madeOrder()
            return DuplicatedRequest(
                kind: kind, key: key, target: "/admin/orders/\(id)/confirm", body: nil, otherBody: nil,
                effects: [
                    "SELECT COUNT(*) FROM orders WHERE id = \(id) AND status = 'CONFIRMED'",
                    "SELECT COUNT(*) FROM products WHERE id = \(product) AND stock = \(DuplicatesWorkshop.stock - 1)",
                ])
        case .cancelOrder:
            let (id, product) = try madeOrder()
            return DuplicatedRequest(
                kind: kind, key: key, target: "/admin/orders/\(id)/cancel", body: nil, otherBody: nil,
                effects: [
                    "SELECT COUNT(*) FROM orders WHERE id = \(id) AND status = 'CANCELED'",
                    "SELECT COUNT(*) FROM products WHERE id = \(product) AND stock = \(DuplicatesWorkshop.stock)",
                ])
        case .createProduct:
            let body = #"{"sku":"\#(key)","name":"Chair","price_cents":100,"stock":1}"#
            return DuplicatedRequest(
                kind: kind, key: key, target: "/admin/products/create-product", body: body,
                otherBody: body.replacingOccurrences(of: "Chair", with: "Lamp"),
                effects: ["SELECT COUNT(*) FROM products WHERE sku = \(key)"])
        case .createCustomer:
            let body = #"{"name":"Ana","email":"\#(key)@example.com","phone":"555"}"#
            return DuplicatedRequest(
                kind: kind, key: key, target: "/admin/customers/create-customer", body: body,
                otherBody: body.replacingOccurrences(of: "Ana", with: "Eva"),
                effects: ["SELECT COUNT(*) FROM customers WHERE email = \("\(key)@example.com")"])
        }
    }

    private func order(
        _ kind: DuplicatedRequest.Kind, _ key: String, _ target: String, status: String
    ) throws -> DuplicatedRequest {
        let product = try madeProduct()
        func body(_ quantity: Int) -> String {
            #"{"customer_id":\#(customer),"items":[{"product_id":\#(product),"qty":\#(quantity)}]}"#
        }
        return DuplicatedRequest(
            kind: kind, key: key, target: target, body: body(2), otherBody: body(3),
            effects: [
                """
                SELECT COUNT(*) FROM orders JOIN order_items ON order_items.order_id = orders.id
                WHERE product_id = \(product) AND status = \(status)
                """,
                "SELECT COUNT(*) FROM order_items WHERE product_id = \(product)",
                "SELECT COUNT(*) FROM products WHERE id = \(product) AND stock = \(DuplicatesWorkshop.stock - 2)",
            ])
    }

    private func madeOrder() throws -> (id: Int64, product: Int64) {
        let product = try madeProduct()
        let reply = try system.orders.send(
            .post, "/admin/orders/create-order",
            #"{"customer_id":\#(customer),"items":[{"product_id":\#(product),"qty":1}]}"#,
            headers: ["X-Idempotency-Key": "made-\(product)"])
        return (try reply.integer("id"), product)
    }

    private func madeProduct() throws -> Int64 {
        let product = try system.makeProduct(stock: Int(DuplicatesWorkshop.stock))
        stocks[product] = DuplicatesWorkshop.stock
        return product
    }
}
