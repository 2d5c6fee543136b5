@testable import OrdersAPI
import SeededRandom

/// One step of a history of orders. Customers, products and orders are named by the number in which they were made; a number
/// beyond them names what does not exist.
enum OrderCommand {
    struct Line: Hashable {
        let product: Int
        let quantity: Int64
    }

    case create(customer: Int, [Line], key: Int?)
    case confirm(Int, key: Int)
    case cancel(Int, key: Int?)
    case find(Int)
    case list(Order.Status?, limit: Int)
    /// The order's creation moves back further than a reservation lasts.
    case age(Int)
    /// The order's confirmation moves back further than the window for canceling.
    case ageConfirmation(Int)
    case sweep
    case price(Int, Int64)
    /// The product's stock is adjusted.
    case adjust(Int, Int64, key: Int)
    case activate(product: Int, Bool)
    case activateCustomer(Int, Bool)
}

extension OrderCommand: CustomStringConvertible {
    var description: String {
        func key(_ key: Int?) -> String { key.map { ", key \($0)" } ?? "" }
        return switch self {
        case .create(let customer, let lines, let number):
            "create for customer \(customer): "
                + lines.map { "\($0.quantity) of product \($0.product)" }.joined(separator: ", ") + key(number)
        case .confirm(let order, let number): "confirm order \(order)\(key(number))"
        case .cancel(let order, let number): "cancel order \(order)\(key(number))"
        case .find(let order): "find order \(order)"
        case .list(let status, let limit): "list \(status?.rawValue ?? "all"), \(limit) a page"
        case .age(let order): "order \(order) was made long ago"
        case .ageConfirmation(let order): "order \(order) was confirmed long ago"
        case .sweep: "sweep"
        case .price(let product, let cents): "product \(product) costs \(cents)"
        case .adjust(let product, let delta, let number): "adjust product \(product) by \(delta)\(key(number))"
        case .activate(let product, let isActive): "product \(product) is \(isActive ? "" : "not ")for sale"
        case .activateCustomer(let customer, let isActive):
            "customer \(customer) is \(isActive ? "" : "not ")active"
        }
    }
}

extension OrderCommand {
    /// How many different keys a history uses: few, so that they meet again.
    private static let keyCount = 4
    /// Orders, products and customers beyond the ones there are stand for missing ones.
    private static let orderCount = 8

    static func random(_ random: inout SeededRandom) -> OrderCommand {
        let order = Int.random(in: 0..<orderCount, using: &random)
        let product = Int.random(in: 0..<OrderModel.productCount, using: &random)
        let customer = Int.random(in: 0..<OrderModel.customerCount, using: &random)
        let isActive = Int.random(in: 0..<3, using: &random) > 0
        return switch Int.random(in: 0..<100, using: &random) {
        case 0..<34: randomCreate(&random)
        case 34..<54: .confirm(order, key: key(&random))
        case 54..<66: .cancel(order, key: optionalKey(&random))
        case 66..<70: .find(order)
        case 70..<74:
            .list(
                Bool.random(using: &random) ? Order.Status.allCases.randomElement(using: &random) : nil,
                limit: .random(in: 1...4, using: &random))
        case 74..<81: .age(order)
        case 81..<85: .ageConfirmation(order)
        case 85..<89: .sweep
        case 89..<92: .price(product, .random(in: 0...3000, using: &random))
        case 92..<95: .adjust(product, .random(in: -8...12, using: &random), key: key(&random))
        case 95..<98: .activate(product: product, isActive)
        default: .activateCustomer(customer, isActive)
        }
    }

    private static func randomCreate(_ random: inout SeededRandom) -> OrderCommand {
        // One beyond the last, seldom, does not exist.
        let beyond = Int.random(in: 0..<12, using: &random) == 0 ? 1 : 0
        let lines = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            Line(
                product: .random(in: 0..<OrderModel.productCount + beyond, using: &random),
                quantity: .random(in: 1...4, using: &random))
        }
        let customer = Int.random(in: 0..<OrderModel.customerCount + beyond, using: &random)
        let isEmpty = Int.random(in: 0..<20, using: &random) == 0
        return .create(customer: customer, isEmpty ? [] : lines, key: optionalKey(&random))
    }

    private static func key(_ random: inout SeededRandom) -> Int { .random(in: 0..<keyCount, using: &random) }

    private static func optionalKey(_ random: inout SeededRandom) -> Int? {
        Int.random(in: 0..<3, using: &random) == 0 ? nil : key(&random)
    }

    /// A history of `count` steps, some of which repeat an earlier one.
    static func history(_ count: Int, _ random: inout SeededRandom) -> [OrderCommand] {
        var commands: [OrderCommand] = []
        for _ in 0..<count {
            if Int.random(in: 0..<6, using: &random) == 0, let earlier = commands.randomElement(using: &random) {
                commands.append(earlier)
            } else {
                commands.append(.random(&random))
            }
        }
        return commands
    }
}
