import HTTPMessages
import SeededRandom
import SystemTesting

/// The customers and products that asynchronous orders are made of.
struct AsyncAssortment: Sendable {
    let usual: Assortment
    /// Cost nothing.
    let free: [Int64]
    /// Are taken off sale and put on again all the time.
    let fading: [Int64]
    let inactiveCustomer: Int64

    private static let freeCount = 2
    private static let fadingCount = 3

    /// Makes them, through the services.
    init(in system: RunningSystem, orders: Int) throws {
        usual = try Assortment(in: system, orders: orders)
        free = try (0..<AsyncAssortment.freeCount).map { _ in try system.makeProduct(priceCents: 0, stock: orders * 12)
        }
        fading = try (0..<AsyncAssortment.fadingCount).map { _ in try system.makeProduct(stock: orders * 12) }
        inactiveCustomer = try system.makeCustomer()
        let reply = try system.customers.send(.patch, "/admin/customers/logic-delete/\(inactiveCustomer)")
        guard reply.status == 200 else {
            throw ServiceProcess.Failure(description: "A customer could not be deactivated: \(reply.status)")
        }
    }
}

/// What is asked for under one key, and what somebody wishes afterwards: drawn from the seed and the key's number alone.
struct AsyncPlan: Sendable {
    /// How somebody ends the order before its time.
    enum Wish: Sendable {
        case cancel, cancelByOperator, discard
    }

    enum Customer: Sendable {
        case active(Int64)
        case inactive(Int64)
        /// Nobody has this id.
        case unknown

        var id: Int64 {
            switch self {
            case .active(let id), .inactive(let id): id
            case .unknown: 4_000_000_000
            }
        }

        var isActive: Bool { if case .active = self { true } else { false } }
    }

    private static let declinedMethods = ["pm_card_chargeDeclined", "pm_card_authenticationRequired"]
    private static let wishMilliseconds = 0...4000

    let number: Int
    let key: String
    let customer: Customer
    /// By product; no product twice.
    let lines: [(product: Int64, quantity: Int)]
    /// Nil for the service's default.
    let paymentMethod: String?
    let isFree: Bool
    let hasFading: Bool
    let wish: (kind: Wish, afterMilliseconds: Int)?

    init(_ number: Int, of assortment: AsyncAssortment, seed: UInt64) {
        var random = SeededRandom(seed: seed).stream(.plan(number))
        self.number = number
        key = "async-\(seed)-\(number)"
        let customers = assortment.usual.customers
        customer =
            switch Int.random(in: 0..<100, using: &random) {
            case 0: .unknown
            case 1, 2: .inactive(assortment.inactiveCustomer)
            default: .active(customers[number % customers.count])
            }
        let kind = Int.random(in: 0..<100, using: &random)
        isFree = kind < 8
        hasFading = 8..<16 ~= kind
        var lines = isFree ? [] : assortment.usual.draw(number, &random)
        if isFree || hasFading {
            let products = isFree ? assortment.free : assortment.fading
            lines.append((products.randomElement(using: &random) ?? 0, Int.random(in: 1...3, using: &random)))
        }
        self.lines = lines
        paymentMethod =
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<15: AsyncPlan.declinedMethods.randomElement(using: &random)
            case 15..<25: nil
            default: "pm_card_visa"
            }
        let wish: Wish? =
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<16: .cancel
            case 16..<24: .cancelByOperator
            case 24..<28: .discard
            default: nil
            }
        let milliseconds = Int.random(in: AsyncPlan.wishMilliseconds, using: &random)
        self.wish = wish.map { ($0, milliseconds) }
    }

    /// Whether the gateway is to say no.
    var isDeclined: Bool { !isFree && paymentMethod.map(AsyncPlan.declinedMethods.contains) == true }

    var body: String { body(moreOfEach: 0) }
    /// Another payload under the same key.
    var otherBody: String { body(moreOfEach: 1) }

    private func body(moreOfEach more: Int) -> String {
        let items = lines.map { #"{"product_id":\#($0.product),"qty":\#($0.quantity + more)}"# }
        let method = paymentMethod.map { #","payment_method":"\#($0)""# } ?? ""
        return #"{"items":[\#(items.joined(separator: ","))]\#(method)}"#
    }
}
