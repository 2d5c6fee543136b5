import BlockingTesting
import Concurrency
import MySQL
import ServiceTesting
import Testing

@testable import OrdersAPI

@Suite(.blocking) struct ProductListCostTests {
    /// Of 3,000 products 5 are inactive. Searches are looked at in `WordIndexTests`.
    @Test func `a page costs its own rows, whatever the filter and however deep it lies`() throws {
        let harness = try ServiceHarness(customers: "http://127.0.0.1:1")
        try harness.database.change(
            """
            INSERT INTO products (sku, name, price_cents, stock, is_active, has_words, created_at, updated_at)
            SELECT CONCAT('sku-', number), 'Chair', 1, 1, number % 600 <> 300, TRUE, NOW(6), NOW(6)
            FROM \(SQL.numbers(below: 3000)) ORDER BY number
            """)
        for isActive in [nil, true, false] {
            for beforeID in [nil, Int64(2500), 1000, 20] {
                let rowsRead = try harness.database.read(by: .after(milliseconds: 20_000)) {
                    (session: borrowing ReadSession<ProductError>) throws(ProductError) in
                    try session.rowsRead { (session) throws(ProductError) in
                        _ = try harness.app.products.store.list(
                            ProductFilter(isActive: isActive), beforeID: beforeID, limit: 21, in: session)
                    }
                }
                #expect(rowsRead <= 2 * 21, "\(String(describing: isActive)) below \(beforeID ?? .max)")
            }
        }
    }
}
