import Concurrency
import DatabaseWebService
import Idempotency
import Telemetry
import WebService

/// A small catalogue to try the service with. Products that exist already are left as they are.
struct OrdersSeed {
    let service: ProductService

    private static let products: [(sku: String, name: String, description: String, priceCents: Int64, stock: Int64)] = [
        ("SKU-CHAIR-01", "Office chair", "Height-adjustable, with armrests", 12_990, 100),
        ("SKU-DESK-01", "Standing desk", "160 × 80 cm, electric", 45_900, 100),
        ("SKU-LAMP-01", "Desk lamp", "LED, 4000 K", 3_950, 100),
        ("SKU-SHELF-01", "Bookshelf", "80 × 200 cm, oak", 18_900, 100),
    ]

    func run(_ logger: Logger) throws(CommandError) {
        let deadline = Deadline.after(milliseconds: 30_000)
        let call = CallContext(
            deadline: deadline, trace: TraceContext(continuing: nil), correlationID: "seed", logger: logger)
        for product in OrdersSeed.products {
            guard let sku = StockKeepingUnit(product.sku) else { continue }
            let new = NewProduct(
                sku: sku, name: product.name, description: product.description, priceCents: product.priceCents,
                stock: product.stock)
            do throws(ProductError) {
                if try !service.exists(sku: sku, by: deadline) { _ = try service.create(new, .none, call) }
            } catch {
                throw .seedingFailed(error.databaseError ?? error)
            }
        }
        logger.info("seeded", ["products": OrdersSeed.products.count])
    }
}
