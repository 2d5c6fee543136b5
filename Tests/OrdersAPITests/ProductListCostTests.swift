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

    /// Of 6,000 products the oldest 60 are sold out, of which 6 are inactive, and of each ten that follow one has 1 piece, one 2 and so on.
    @Test func `what is about to run out costs some candidates and what is as low, wherever it is`() throws {
        let harness = try ServiceHarness(customers: "http://127.0.0.1:1")
        try harness.database.change(
            """
            INSERT INTO products (id, sku, name, price_cents, stock, is_active, has_words, created_at, updated_at)
            SELECT number + 1, CONCAT('sku-', number), 'Chair', 1, IF(number < 60, 0, number % 10 + 1), number % 10 <> 5, TRUE,
                NOW(6), NOW(6)
            FROM \(SQL.numbers(below: 6000)) ORDER BY number
            """)
        for (stockMax, isActive, beforeID, first, last) in [
            (Int64(0), nil, nil, Int64(60), Int64(40)), (0, true, nil, 60, 38), (0, false, nil, 56, 6),
            (0, nil, 30, 29, 9), (3, nil, nil, 5993, 5931), (1_000_000_000, nil, nil, 6000, 5980),
            (0, true, 3, 2, 1), (1, nil, 100, 91, 44),
        ] as [(Int64, Bool?, Int64?, Int64, Int64)] {
            var ids: [Int64] = []
            let rowsRead = try harness.database.read(by: .after(milliseconds: 20_000)) {
                (session: borrowing ReadSession<ProductError>) throws(ProductError) in
                try session.rowsRead { (session) throws(ProductError) in
                    ids = try harness.app.products.store.list(
                        ProductFilter(isActive: isActive, stockMax: stockMax), beforeID: beforeID, limit: 21,
                        in: session
                    ).map(\.id)
                }
            }
            let filter = "\(stockMax) \(isActive.map(String.init) ?? "") below \(beforeID ?? .max)"
            #expect(ids.first == first && ids.last == last && ids == ids.sorted(by: >), "\(filter): \(ids)")
            #expect(rowsRead <= 2300, "\(filter)")
        }
    }
}
