import CustomerLookup
import Telemetry

/// What is to be ordered, before prices and stock are known: each product once, by ascending id.
struct OrderDraft: Sendable {
    struct Line: Sendable {
        let productID: Int64
        let quantity: Int64
    }

    /// 1,000,000 pieces of one product; a larger number is a slip of the keyboard.
    static let quantity: ClosedRange<Int64> = 1...1_000_000
    /// 200 lines: each locks a product's row, and the transaction must stay short.
    static let lineCount = 1...200
    /// Beyond 2^53 − 1 a JavaScript client would read another sum.
    static let totalCentsMax: Int64 = 9_007_199_254_740_991

    let customerID: Int64
    let lines: [Line]

    /// - Parameter lines: may name a product several times; its quantities are added.
    /// - Returns: nil if a product's quantities add up to more than `quantity` allows.
    init?(customerID: Int64, lines: [Line]) {
        var quantities: [Int64: Int64] = [:]
        for line in lines { quantities[line.productID, default: 0] += line.quantity }
        guard quantities.values.allSatisfy(OrderDraft.quantity.contains) else { return nil }
        self.customerID = customerID
        self.lines = quantities.sorted { $0.key < $1.key }.map { Line(productID: $0.key, quantity: $0.value) }
    }

    /// The order at the products' present prices.
    ///
    /// - Parameter found: those that exist among the draft's products, and when they were read; nil if none exists.
    /// - Parameter needsStock: whether there has to be enough of each now.
    /// - Throws: `.productsNotFound`, `.productsInactive`, `.insufficientStock` with every product concerned, `.totalTooLarge`.
    func priced(
        _ found: (products: [Product], now: Timestamp)?, needsStock: Bool = true
    ) throws(OrderError) -> PricedOrder {
        guard let (products, now) = found else { throw .productsNotFound(lines.map(\.productID)) }
        let byID = Dictionary(uniqueKeysWithValues: products.map { ($0.id, $0) })
        let unknown = lines.filter { byID[$0.productID] == nil }
        guard unknown.isEmpty else { throw .productsNotFound(unknown.map(\.productID)) }
        let inactive = products.filter { !$0.isActive }
        guard inactive.isEmpty else { throw .productsInactive(inactive.map(\.id)) }
        var items: [OrderItem] = []
        var shortages: [OrderError.Shortage] = []
        var totalCents: Int64 = 0
        for line in lines {
            guard let product = byID[line.productID] else { continue }
            if needsStock, product.stock < line.quantity {
                shortages.append(
                    .init(productID: product.id, requested: line.quantity, available: product.stock))
            }
            // 10^10 cents by 10^6 pieces by 200 lines stays below 2^63.
            let subtotalCents = product.priceCents * line.quantity
            totalCents += subtotalCents
            items.append(
                OrderItem(
                    productID: product.id, sku: product.sku, name: product.name, quantity: line.quantity,
                    unitPriceCents: product.priceCents, subtotalCents: subtotalCents))
        }
        guard shortages.isEmpty else { throw .insufficientStock(shortages) }
        guard totalCents <= OrderDraft.totalCentsMax else { throw .totalTooLarge }
        return PricedOrder(items: items, totalCents: totalCents, pricedAt: now)
    }
}

/// What is to be ordered, with the customer as a caller that is trusted was told of them.
struct SnapshotOrder: Sendable {
    let draft: OrderDraft
    /// Nil where nothing is to be made: only a key that has its reply is answered then.
    let customer: CustomerSnapshot?
    /// The key of whoever asked that caller, by which they will look for the order; nil where the request's own is theirs.
    let callersKey: String?
}

/// An order that has yet to be made, at the prices of one moment.
struct PricedOrder {
    let items: [OrderItem]
    let totalCents: Int64
    /// The database's time when the prices were read: the order's time.
    let pricedAt: Timestamp
}
