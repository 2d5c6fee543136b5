import Concurrency
import JSON
import MySQL
@testable import OrdersAPI
import ServiceTesting
import Telemetry

/// Runs a history against the real Orders API and the model side by side.
///
/// Each history has customers, products and keys of its own, so that many can run in one schema, one after another.
struct OrderHistory {
    /// The first point at which the service and the model disagree.
    struct Disagreement: Error, CustomStringConvertible {
        let description: String
    }

    private static let missingIDs: Int64 = 9_000_000_000
    /// One more than the minutes that a reservation lasts, and than those of the window for canceling.
    private static let agingMinutes = 16

    private let harness: ServiceHarness
    private let customers: RunningCustomers
    private let name: String
    private var model = OrderModel()
    private var productIDs: [Int64] = []
    private var customerIDs: [Int64] = []
    private var orderIDs: [Int64] = []
    /// The first body under each key, which every repetition must give again.
    private var bodies: [String: [UInt8]] = [:]

    /// - Parameter name: no other history's in this service.
    init(_ harness: ServiceHarness, _ customers: RunningCustomers, name: String) throws {
        self.harness = harness
        self.customers = customers
        self.name = name
        for number in 0..<OrderModel.productCount { productIDs.append(try harness.product("\(name).\(number)")) }
        for number in 0..<OrderModel.customerCount {
            let reply = customers.client.post(
                "/admin/customers/create-customer",
                #"{"name":"Ana","email":"\#(name).\#(number)@example.com","phone":"555"}"#)
            try OrderHistory.agree(reply.status, 201, "making a customer")
            customerIDs.append(reply.id)
        }
    }

    /// - Throws: `Disagreement`.
    static func run(_ commands: [OrderCommand], _ harness: ServiceHarness, _ customers: RunningCustomers, name: String)
        throws
    {
        var history = try OrderHistory(harness, customers, name: name)
        for command in commands { try history.step(command) }
        // So that the next history's sweep meets none of this one's orders.
        for order in history.orderIDs.indices { try history.step(.age(order)) }
        try history.step(.sweep)
        for order in history.orderIDs.indices { try history.step(.find(order)) }
    }

    private mutating func step(_ command: OrderCommand) throws {
        let name = command.description
        switch command {
        case .create(let customer, let lines, let key):
            let body = newOrder(
                id(customer, of: customerIDs), lines.map { (id($0.product, of: productIDs), $0.quantity) })
            let reply = client(key).post(ServiceHarness.createPath, body)
            let answer = model.create(customer: customer, lines, key: key)
            if answer.status == 201, !answer.isReplay { orderIDs.append(reply.id) }
            try compare(reply, answer, name, key.map { "create \($0)" })
        case .confirm(let order, let key):
            let reply = client(key).post("/admin/orders/\(id(order, of: orderIDs))/confirm")
            let scope = "confirm \(model.name(order)) \(key)"
            try compare(reply, model.confirm(order, key: key), name, scope)
        case .cancel(let order, let key):
            let reply = client(key).post("/admin/orders/\(id(order, of: orderIDs))/cancel")
            let scope = key.map { "cancel \(model.name(order)) \($0)" }
            try compare(reply, model.cancel(order, key: key), name, scope)
        case .find(let order):
            try compare(harness.find(id(order, of: orderIDs)), model.find(order), name, nil)
        case .list(let status, let limit):
            try OrderHistory.agree(try walk(status, limit: limit), model.list(status).map { orderIDs[$0] }, name)
        case .age(let order):
            model.age(order)
            try harness.database.change(
                """
                UPDATE orders SET created_at = created_at - INTERVAL \(OrderHistory.agingMinutes) MINUTE
                WHERE id = \(id(order, of: orderIDs))
                """)
        case .ageConfirmation(let order):
            model.ageConfirmation(order)
            try harness.database.change(
                """
                UPDATE orders SET confirmed_at = confirmed_at - INTERVAL \(OrderHistory.agingMinutes) MINUTE
                WHERE id = \(id(order, of: orderIDs)) AND status = 'CONFIRMED'
                """)
        case .sweep:
            let count = try harness.app.sweep.runOnce(by: .after(milliseconds: 20_000))
            try OrderHistory.agree(count, model.sweep(), name)
        case .price(let product, let cents):
            model.products[product].priceCents = cents
            try change(product, #"{"price_cents":\#(cents)}"#, name)
        case .adjust(let product, let delta, let key):
            let reply = harness.adjust(productIDs[product], delta, key: "\(self.name)-\(key)")
            try compare(reply, model.adjust(product, by: delta, key: key), name, "adjust \(product) \(key)")
        case .activate(let product, let isActive):
            model.products[product].isForSale = isActive
            try change(product, #"{"is_active":\#(isActive)}"#, name)
        case .activateCustomer(let customer, let isActive):
            model.customers[customer] = isActive
            let reply = customers.change(customerIDs[customer], #"{"is_active":\#(isActive)}"#)
            try OrderHistory.agree(reply.status, 200, name)
        }
        let stocks = try productIDs.map { try harness.stock($0) }
        try OrderHistory.agree(stocks, model.products.map(\.stock), "the stocks after: \(name)")
        for product in productIDs {
            try OrderHistory.agree(
                try harness.ledgerLessHeld(product), try harness.stock(product), "the ledger after: \(name)")
        }
    }

    private mutating func compare(
        _ reply: Reply, _ answer: OrderModel.Answer, _ name: String, _ key: String?
    ) throws {
        try OrderHistory.agree(reply.status, answer.status, "\(name), answered \(reply): the status")
        try OrderHistory.agree(reply.code, answer.code, "\(name): the code")
        try OrderHistory.agree(reply.isReplay, answer.isReplay, "\(name): whether it is a replay")
        if let key, answer.code != "idempotency-key-reused", answer.isKept {
            if let first = bodies[key] {
                try OrderHistory.agree(reply.body == first, true, "\(name): whether the replay is the first body")
            } else {
                bodies[key] = reply.body
            }
        }
        guard let order = answer.order, let state = answer.state else { return }
        let made = model.orders[order]
        try OrderHistory.agree(reply.id, orderIDs[order], "\(name): the order's id")
        try OrderHistory.agree(reply.data["status"]?.string, state.rawValue, "\(name): the order's status")
        try OrderHistory.agree(reply.data["total_cents"]?.integer, made.totalCents, "\(name): the total")
        let items = (reply.data["items"]?.array ?? []).map { item in
            [item["product_id"]?.integer, item["qty"]?.integer, item["unit_price_cents"]?.integer]
        }
        try OrderHistory.agree(
            items, made.items.map { [productIDs[$0.product], $0.quantity, $0.priceCents] }, "\(name): the items")
    }

    private func walk(_ status: Order.Status?, limit: Int) throws -> [Int64] {
        var ids: [Int64] = []
        var cursor: String?
        repeat {
            let page = harness.client.get(
                "\(OrderListTests.path)?customer_id=\(customerIDs[0])&limit=\(limit)"
                    + (status.map { "&status=\($0.rawValue)" } ?? "") + (cursor.map { "&cursor=\($0)" } ?? ""))
            try OrderHistory.agree(page.status, 200, "a page")
            ids += page.ids
            cursor = page.nextCursor
        } while cursor != nil
        return ids
    }

    private func change(_ product: Int, _ patch: String, _ name: String) throws {
        let reply = harness.client.patch("/admin/products/update/\(productIDs[product])", patch)
        try OrderHistory.agree(reply.status, 200, name)
    }

    private func client(_ key: Int?) -> ApplicationClient {
        key.map { harness.client.with(key: "\(name)-\($0)") } ?? harness.client
    }

    private func id(_ number: Int, of ids: [Int64]) -> Int64 {
        ids.indices.contains(number) ? ids[number] : OrderHistory.missingIDs + Int64(number)
    }

    private static func agree<Value: Equatable>(_ service: Value, _ model: Value, _ what: String) throws {
        guard service != model else { return }
        throw Disagreement(description: "\(what) — the service has \(service), the model \(model)")
    }
}
