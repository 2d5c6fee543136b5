import Foundation
import HTTPMessages
import MySQL
import SystemTesting

/// Makes what the requests act on.
final class DuplicatesWorkshop {
    private static let stock: Int64 = 1000

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
        case .adjustStock:
            let product = try madeProduct()
            func body(_ delta: Int64) -> String { #"{"delta":\#(delta),"reason":"RECEIPT"}"# }
            return DuplicatedRequest(
                kind: kind, key: key, target: "/admin/products/\(product)/adjust-stock", body: body(7),
                otherBody: body(8),
                effects: [
                    "SELECT COUNT(*) FROM stock_adjustments WHERE product_id = \(product) AND delta = 7",
                    "SELECT COUNT(*) FROM products WHERE id = \(product) AND stock = \(DuplicatesWorkshop.stock + 7)",
                ])
        case .createCustomer:
            let body = #"{"name":"Ana","email":"\#(key)@example.com","phone":"555"}"#
            return DuplicatedRequest(
                kind: kind, key: key, target: "/admin/customers/create-customer", body: body,
                otherBody: body.replacingOccurrences(of: "Ana", with: "Eva"),
                effects: ["SELECT COUNT(*) FROM customers WHERE email = \("\(key)@example.com")"])
        case .updateProduct, .updateCustomer: return try update(kind, key)
        case .deactivateProduct, .deactivateCustomer: return try deactivation(kind, key)
        }
    }

    private func update(_ kind: DuplicatedRequest.Kind, _ key: String) throws -> DuplicatedRequest {
        let (id, path, table) = try target(kind)
        let target = "\(path)/update/\(id)"
        func body(_ name: String) -> String { #"{"name":"\#(name)"}"# }
        return DuplicatedRequest(
            kind: kind, key: key, target: target, body: body("Eva"), otherBody: body("Luis"),
            effects: ["SELECT COUNT(*) FROM \(table) WHERE id = \(id) AND name = 'Eva'"],
            undoing: DuplicatedRequest.Change(target: target, body: body("Ana")))
    }

    private func deactivation(_ kind: DuplicatedRequest.Kind, _ key: String) throws -> DuplicatedRequest {
        let (id, path, table) = try target(kind)
        return DuplicatedRequest(
            kind: kind, key: key, target: "\(path)/logic-delete/\(id)", body: nil, otherBody: nil,
            effects: ["SELECT COUNT(*) FROM \(table) WHERE id = \(id) AND NOT is_active"],
            undoing: DuplicatedRequest.Change(target: "\(path)/update/\(id)", body: #"{"is_active":true}"#))
    }

    private func target(_ kind: DuplicatedRequest.Kind) throws -> (id: Int64, path: String, table: SQLIdentifier) {
        let isCustomer = kind.service == .customers
        let name = isCustomer ? "customers" : "products"
        guard let table = SQLIdentifier(name) else { preconditionFailure("\(name) is a name") }
        return (isCustomer ? try system.makeCustomer() : try madeProduct(), "/admin/\(name)", table)
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
        try system.makeProduct(stock: Int(DuplicatesWorkshop.stock))
    }
}
