import BlockingTesting
import Concurrency
import MySQL
import ServiceTesting
import Testing

@testable import CustomersAPI

@Suite(.blocking) struct CustomerListCostTests {
    /// Of 3,000 customers 5 are inactive. Searches are looked at in `WordIndexTests`.
    @Test func `a page costs its own rows, whatever the filter and however deep it lies`() throws {
        let harness = try ServiceHarness()
        try harness.database.change(
            """
            INSERT INTO customers (name, email, phone, is_active, has_words, created_at, updated_at)
            SELECT 'Ana', CONCAT('user', number, '@example.com'), '555', number % 600 <> 300, TRUE, NOW(6), NOW(6)
            FROM \(SQL.numbers(below: 3000)) ORDER BY number
            """)
        for isActive in [nil, true, false] {
            for beforeID in [nil, Int64(2500), 1000, 20] {
                let rowsRead = try harness.database.read(by: .after(milliseconds: 20_000)) {
                    (session: borrowing ReadSession<CustomerError>) throws(CustomerError) in
                    try session.rowsRead { (session) throws(CustomerError) in
                        _ = try harness.app.service.store.list(
                            CustomerFilter(isActive: isActive), beforeID: beforeID, limit: 21, in: session)
                    }
                }
                #expect(rowsRead <= 2 * 21, "\(String(describing: isActive)) below \(beforeID ?? .max)")
            }
        }
    }
}
