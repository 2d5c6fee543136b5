import Idempotency
import MySQL
import Telemetry

/// How stock comes and goes other than by orders. The stock, its ledger and the reply commit together, or none does.
struct StockAdjustmentService {
    let database: Database
    let store: StockAdjustmentStore
    let products: ProductStore
    let idempotency: IdempotencyStore

    /// Adds `change.delta` to what is on hand of a product, for sale or not: the pieces of one that was withdrawn are still
    /// counted, damaged and sent back.
    ///
    /// - Throws: `.notFound`, `.stockOutOfRange`.
    func adjust(
        productID: Int64, by change: StockChange, _ keeping: ReplyKeeping<Product>, _ call: CallContext
    ) throws(ProductError) -> Kept<Product> {
        try idempotency.change(keeping, in: database, for: call) {
            (transaction: borrowing Transaction<ProductError>) throws(ProductError) in
            // Held from here on, so that the reply tells what is there when it commits. The product's row comes before the
            // key's, as the reply needs it: nobody can wait in a circle, since whoever has a key of this operation on this
            // product either holds the product already or asks for nothing more.
            guard let (product, _) = try products.lock(id: productID, in: transaction) else { throw .notFound }
            let adjusted = try product.adjusted(by: change.delta)
            try products.addStock(productID: productID, quantity: change.delta, in: transaction)
            try store.insert(change, productID: productID, in: transaction)
            return adjusted
        }
    }

    /// Entries of a product's ledger below `beforeID`, newest first.
    ///
    /// - Throws: `.notFound`.
    func list(
        productID: Int64, beforeID: Int64?, limit: Int, _ call: CallContext
    ) throws(ProductError) -> [StockAdjustment] {
        try database.read(for: call) { (session: borrowing ReadSession<ProductError>) throws(ProductError) in
            let entries = try store.list(productID: productID, beforeID: beforeID, limit: limit, in: session)
            if entries.isEmpty, try products.find(ids: [productID], in: session) == nil { throw .notFound }
            return entries
        }
    }
}
