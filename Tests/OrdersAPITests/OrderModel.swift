@testable import OrdersAPI

/// What the Orders API promises about orders, without a database, a network or a second thread: the contract as a value.
struct OrderModel {
    static let productCount = 3
    static let customerCount = 2

    struct Product {
        var priceCents: Int64 = 1000
        var stock: Int64 = 10
        var isForSale = true
    }

    struct Item: Equatable {
        let product: Int
        let quantity: Int64
        let priceCents: Int64
    }

    struct MadeOrder {
        let customer: Int
        let items: [Item]
        var status = Order.Status.created
        var hasExpired = false
        var isOld = false
        var wasConfirmedLongAgo = false

        var totalCents: Int64 { items.reduce(0) { $0 + $1.quantity * $1.priceCents } }
    }

    /// What a request is answered.
    struct Answer: Hashable {
        let status: Int
        /// The problem's code; empty for a success.
        var code = ""
        /// The order that a success shows, and its state at that time.
        var order: Int?
        var state: Order.Status?
        var isReplay = false

        var isKept: Bool { status != 404 && code != "validation-failed" }
    }

    private struct KeptAnswer {
        let payload: [Int: Int64]
        let customer: Int
        let answer: Answer
    }

    /// Whether an order that was just confirmed can be canceled at all.
    var hasCancelWindow = true
    var products = Array(repeating: Product(), count: productCount)
    var customers = Array(repeating: true, count: customerCount)
    private(set) var orders: [MadeOrder] = []
    private var keys: [String: KeptAnswer] = [:]

    mutating func create(customer: Int, _ lines: [OrderCommand.Line], key: Int?) -> Answer {
        answering("create", key, customer: customer, lines) { model in
            guard !lines.isEmpty else { return Answer(status: 422, code: "validation-failed") }
            guard customer < model.customers.count else { return Answer(status: 404, code: "customer-not-found") }
            guard model.customers[customer] else { return Answer(status: 422, code: "customer-inactive") }
            guard lines.allSatisfy({ $0.product < model.products.count }) else {
                return Answer(status: 404, code: "product-not-found")
            }
            let quantities = Dictionary(lines.map { ($0.product, $0.quantity) }, uniquingKeysWith: +)
            guard quantities.keys.allSatisfy({ model.products[$0].isForSale }) else {
                return Answer(status: 422, code: "product-inactive")
            }
            guard quantities.allSatisfy({ model.products[$0].stock >= $1 }) else {
                return Answer(status: 409, code: "insufficient-stock")
            }
            for (product, quantity) in quantities { model.products[product].stock -= quantity }
            model.orders.append(
                MadeOrder(
                    customer: customer,
                    items: quantities.sorted { $0.key < $1.key }.map {
                        Item(product: $0, quantity: $1, priceCents: model.products[$0].priceCents)
                    }))
            return Answer(status: 201, order: model.orders.count - 1, state: .created)
        }
    }

    mutating func adjust(_ product: Int, by delta: Int64, key: Int) -> Answer {
        answering("adjust \(product)", key, [OrderCommand.Line(product: product, quantity: delta)]) { model in
            guard model.products[product].stock + delta >= 0 else {
                return Answer(status: 409, code: "stock-out-of-range")
            }
            model.products[product].stock += delta
            return Answer(status: 200)
        }
    }

    /// What tells one order's keys from another's. An order that is made later is not the one that was missing.
    func name(_ order: Int) -> String { order < orders.count ? "\(order)" : "missing \(order)" }

    mutating func confirm(_ order: Int, key: Int) -> Answer {
        answering("confirm \(name(order))", key) { model in
            guard order < model.orders.count else { return Answer(status: 404, code: "order-not-found") }
            switch model.orders[order].status {
            case .created: model.orders[order].status = .confirmed
            // The others are states of asynchronous orders, of which the model has none.
            case .confirmed, .pending, .stockReserved, .paid, .rejected:
                return Answer(status: 409, code: "order-not-confirmable")
            case .canceled:
                let code = model.orders[order].hasExpired ? "order-expired" : "order-not-confirmable"
                return Answer(status: 409, code: code)
            }
            return Answer(status: 200, order: order, state: .confirmed)
        }
    }

    mutating func cancel(_ order: Int, key: Int?) -> Answer {
        answering("cancel \(name(order))", key) { model in
            guard order < model.orders.count else { return Answer(status: 404, code: "order-not-found") }
            let present = model.orders[order]
            if present.status == .confirmed, present.wasConfirmedLongAgo || !model.hasCancelWindow {
                return Answer(status: 409, code: "order-not-cancelable")
            }
            if present.status != .canceled { model.release(order) }
            return Answer(status: 200, order: order, state: .canceled)
        }
    }

    func find(_ order: Int) -> Answer {
        guard order < orders.count else { return Answer(status: 404, code: "order-not-found") }
        return Answer(status: 200, order: order, state: orders[order].status)
    }

    /// - Returns: the orders of customer 0, newest first.
    func list(_ status: Order.Status?) -> [Int] {
        orders.indices.reversed().filter {
            orders[$0].customer == 0 && (status ?? orders[$0].status) == orders[$0].status
        }
    }

    mutating func age(_ order: Int) { if order < orders.count { orders[order].isOld = true } }

    mutating func ageConfirmation(_ order: Int) {
        if order < orders.count, orders[order].status == .confirmed { orders[order].wasConfirmedLongAgo = true }
    }

    /// - Returns: how many orders it canceled.
    mutating func sweep() -> Int {
        let abandoned = orders.indices.filter { orders[$0].status == .created && orders[$0].isOld }
        for order in abandoned {
            release(order)
            orders[order].hasExpired = true
        }
        return abandoned.count
    }

    private mutating func release(_ order: Int) {
        orders[order].status = .canceled
        for item in orders[order].items { products[item.product].stock += item.quantity }
    }

    /// A key decides before anything else, and keeps what tells of a state. Two payloads are one if they ask for the same
    /// pieces of the same products.
    private mutating func answering(
        _ scope: String, _ key: Int?, customer: Int = 0, _ payload: [OrderCommand.Line] = [],
        _ work: (inout OrderModel) -> Answer
    ) -> Answer {
        guard let key else { return work(&self) }
        let name = "\(scope) \(key)"
        let payload = Dictionary(payload.map { ($0.product, $0.quantity) }, uniquingKeysWith: +)
        if let kept = keys[name] {
            guard kept.customer == customer, kept.payload == payload else {
                return Answer(status: 422, code: "idempotency-key-reused")
            }
            var replay = kept.answer
            replay.isReplay = true
            return replay
        }
        let answer = work(&self)
        if answer.isKept {
            keys[name] = KeptAnswer(payload: payload, customer: customer, answer: answer)
        }
        return answer
    }
}
