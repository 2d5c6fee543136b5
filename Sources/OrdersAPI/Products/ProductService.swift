import Concurrency
import DatabaseWebService
import Idempotency
import MySQL
import Telemetry

/// What can be done with products. Each change and the reply to it commit together, or neither does.
struct ProductService {
    let database: Database
    let store: ProductStore
    let adjustments: StockAdjustmentStore
    let idempotency: IdempotencyStore

    /// - Throws: `.skuTaken`.
    func create(
        _ new: NewProduct, _ keeping: ReplyKeeping<Product>, _ call: CallContext
    ) throws(ProductError) -> Kept<Product> {
        try idempotency.change(keeping, in: database, for: call) {
            (transaction: borrowing Transaction<ProductError>) throws(ProductError) in
            let now = try transaction.now()
            let id = try store.insert(new, at: now, in: transaction)
            try adjustments.insert(StockChange(delta: new.stock, reason: .initial), productID: id, in: transaction)
            return Product(
                id: id, sku: new.sku, name: new.name, description: new.description, priceCents: new.priceCents,
                stock: new.stock, isActive: true, createdAt: now, updatedAt: now, version: 1)
        }
    }

    /// - Parameter expected: the versions that the changes are meant for.
    /// - Throws: `.notFound`, `.stale`, `.skuTaken`.
    func update(
        id: Int64, _ changes: ProductChanges, of expected: ExpectedVersion, _ keeping: ReplyKeeping<Product>,
        _ call: CallContext
    ) throws(ProductError) -> Kept<Product> {
        try idempotency.change(keeping, in: database, for: call) {
            (transaction: borrowing Transaction<ProductError>) throws(ProductError) in
            // Held while it is changed, so that no change that came first is written over.
            guard let (product, now) = try store.lock(id: id, in: transaction) else { throw .notFound }
            guard expected.permits(product.version) else { throw .stale }
            let changed = changes.applied(to: product, at: now)
            if changed.version != product.version { try store.update(product, to: changed, in: transaction) }
            return changed
        }
    }

    /// - Throws: `.notFound`.
    func get(id: Int64, _ call: CallContext) throws(ProductError) -> Product {
        let found = try database.read(for: call) {
            (session: borrowing ReadSession<ProductError>) throws(ProductError) in
            try store.find(ids: [id], in: session)
        }
        guard let product = found?.products.first else { throw .notFound }
        return product
    }

    /// Whether a product has this SKU.
    func exists(sku: StockKeepingUnit, by deadline: Deadline) throws(ProductError) -> Bool {
        try database.read(by: deadline) { (session: borrowing ReadSession<ProductError>) throws(ProductError) in
            try store.exists(sku: sku, in: session)
        }
    }

    /// Products below `beforeID`, newest first.
    ///
    /// - Throws: `.searchTooBroad`, `.searchNotReady`.
    func list(
        _ filter: ProductFilter, beforeID: Int64?, limit: Int, _ call: CallContext
    ) throws(ProductError) -> [Product] {
        try database.read(.list, for: call) {
            (session: borrowing ReadSession<ProductError>) throws(ProductError) in
            try store.list(filter, beforeID: beforeID, limit: limit, in: session)
        }
    }
}
