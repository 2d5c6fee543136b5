import SeededRandom
import SystemTesting

/// The customers and products that orders are made of.
struct Assortment: Sendable {
    let customers: [Int64]
    /// Never sell out.
    let ample: [Int64]
    /// Each is asked for by one wave of orders, and sells out while most of the wave is under way: only then can two orders
    /// take the same last piece.
    let hot: [Int64]

    /// About as many orders as are under way at once.
    private static let waveSize = 25
    /// Of a wave, that asks for its product: 1.5 pieces on average, 30 in all, of which there are four fifths.
    private static let hotShare = 0.8
    private static let hotStock = 24
    private static let ampleCount = 10
    private static let customerCount = 12

    /// Makes them, through the services.
    init(in system: RunningSystem, orders: Int) throws {
        customers = try (0..<Assortment.customerCount).map { _ in try system.makeCustomer() }
        func products(_ count: Int, stock pieces: Int) throws -> [Int64] {
            try (0..<count).map { try system.makeProduct(priceCents: 100 + $0, stock: pieces) }
        }
        // At most 4 lines of 3 pieces, in every order perhaps.
        ample = try products(Assortment.ampleCount, stock: orders * 12)
        hot = try products(orders / Assortment.waveSize + 1, stock: Assortment.hotStock)
    }

    /// The lines of the order with this number.
    func draw(_ number: Int, _ random: inout SeededRandom) -> [(product: Int64, quantity: Int)] {
        let ample = ample.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random))
        var lines = ample.map { (product: $0, quantity: Int.random(in: 1...3, using: &random)) }
        if Double.random(in: 0..<1, using: &random) < Assortment.hotShare {
            lines.append((hot[number / Assortment.waveSize], Int.random(in: 1...2, using: &random)))
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
        lines = assortment.draw(number, &random)
    }

    var body: String { orderBody(customer, lines.map { ($0.product, $0.quantity) }, key: key) }

    /// Another payload under the same key.
    var otherBody: String { orderBody(customer, lines.map { ($0.product, $0.quantity + 1) }, key: key) }
}

extension SeededRandom {
    /// Who draws.
    enum Stream {
        case plan(Int), client(Int), proxy(Int), supervisor(Int), merchant, endpoint(Int), worker(Int)
        /// What befalls asynchronous orders.
        case clock, shelf, `operator`, backlog, gateway

        fileprivate var number: UInt64 {
            switch self {
            case .plan(let number): UInt64(number)
            case .client(let number): 1 << 32 + UInt64(number)
            case .proxy(let number): 2 << 32 + UInt64(number)
            case .supervisor(let number): 3 << 32 + UInt64(number)
            case .merchant: 4 << 32
            case .endpoint(let number): 5 << 32 + UInt64(number)
            case .worker(let number): 6 << 32 + UInt64(number)
            case .clock: 7 << 32
            case .shelf: 8 << 32
            case .operator: 9 << 32
            case .backlog: 10 << 32
            case .gateway: 11 << 32
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
