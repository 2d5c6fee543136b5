import SeededRandom
import SystemTesting

/// The customers and products that orders are made of.
struct Assortment: Sendable {
    let customers: [Int64]
    /// Never sell out.
    let ample: [Int64]
    /// Sell out before the last order.
    let hot: [Int64]
    /// Of every product, before the first order.
    let stock: [Int64: Int64]

    /// One order in three asks for a hot product, 1.5 pieces on average, and the stock is for three quarters of those.
    private static let hotShare = 1.0 / 3
    private static let hotStockShare = 0.75

    /// Makes them, through the services.
    init(in system: RunningSystem, orders: Int) throws {
        customers = try (0..<12).map { _ in try system.makeCustomer() }
        var stock: [Int64: Int64] = [:]
        func products(_ count: Int, stock pieces: Int) throws -> [Int64] {
            try (0..<count).map { number in
                let id = try system.makeProduct(priceCents: 100 + number, stock: pieces)
                stock[id] = Int64(pieces)
                return id
            }
        }
        let hotCount = 6
        let hotDemand = Double(orders) * Assortment.hotShare * 1.5 / Double(hotCount)
        ample = try products(10, stock: orders * 20)
        hot = try products(hotCount, stock: max(1, Int(hotDemand * Assortment.hotStockShare)))
        self.stock = stock
    }

    func draw(_ random: inout SeededRandom) -> [(product: Int64, quantity: Int)] {
        let ample = ample.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random))
        var lines = ample.map { (product: $0, quantity: Int.random(in: 1...3, using: &random)) }
        if Double.random(in: 0..<1, using: &random) < Assortment.hotShare,
            let product = hot.randomElement(using: &random)
        {
            lines.append((product, Int.random(in: 1...2, using: &random)))
        }
        // In any order: whoever takes stock in the order of the lines runs into deadlocks.
        return lines.shuffled(using: &random)
    }
}

/// What is asked for under one key: drawn from the seed and the key's number alone, so that whoever asks asks alike.
struct OrderPlan: Sendable {
    let number: Int
    let key: String
    let customer: Int64
    let lines: [(product: Int64, quantity: Int)]

    init(_ number: Int, of assortment: Assortment, seed: UInt64) {
        var random = SeededRandom(seed: seed).stream(.plan(number))
        self.number = number
        key = "storm-\(seed)-\(number)"
        customer = assortment.customers[number % assortment.customers.count]
        lines = assortment.draw(&random)
    }

    var body: String { orderBody(customer, lines.map { ($0.product, $0.quantity) }, key: key) }

    /// Another payload under the same key.
    var otherBody: String { orderBody(customer, lines.map { ($0.product, $0.quantity + 1) }, key: key) }
}

extension SeededRandom {
    /// Who draws.
    enum Stream {
        case plan(Int), client(Int), proxy(Int), supervisor(Int)

        fileprivate var number: UInt64 {
            switch self {
            case .plan(let number): UInt64(number)
            case .client(let number): 1 << 32 + UInt64(number)
            case .proxy(let number): 2 << 32 + UInt64(number)
            case .supervisor(let number): 3 << 32 + UInt64(number)
            }
        }
    }

    /// Numbers of their own for each who draws, whatever the others have drawn.
    func stream(_ stream: Stream) -> SeededRandom {
        var mixed = SeededRandom(seed: stream.number)
        var own = self
        return SeededRandom(seed: mixed.next() ^ own.next())
    }
}
