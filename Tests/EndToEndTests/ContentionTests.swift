import Concurrency
import HTTPMessages
import JSON
import MySQL
import SeededRandom
import SystemTesting
import Testing

extension EndToEndTests {
    struct ContentionTests {
        @Test func `thirty-two clients race for the last ten units of two products, and exactly ten of each are sold`()
            throws
        {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let products = [try system.makeProduct(stock: 10), try system.makeProduct(stock: 10)]
                let replies = try inParallel(32) { client in
                    let items = client.isMultiple(of: 2) ? products : products.reversed()
                    return try system.orchestrator.send(
                        .post, "/orchestrator/create-and-confirm-order",
                        orderBody(customer, items.map { ($0, 1) }, key: "race-\(client)"))
                }
                let sold = replies.filter { $0.status == 201 }
                let refused = replies.filter { $0.code == "insufficient-stock" }
                #expect(sold.count == 10)
                #expect(sold.count + refused.count == 32)
                #expect(try products.map { try system.stock(of: $0) } == [0, 0])
                #expect(try system.count("SELECT COUNT(*) FROM orders WHERE status = 'CONFIRMED'") == 10)
                #expect(try system.count("SELECT CAST(SUM(qty) AS SIGNED) FROM order_items") == 20)
            }
        }

        @Test func `a walk by cursor sees every customer that lived throughout exactly once`() throws {
            try withSystem { system in
                var random = SeededRandom("cursor walk")
                var lived = Set(try (0..<60).map { try system.makeCustomer("Customer \($0)") })
                var seen: [Int64] = []
                var target = "/admin/customers/find-all?limit=7"
                while true {
                    let page = try system.customers.send(.get, target)
                    seen += (page.data.array ?? []).compactMap { $0["id"]?.integer }
                    guard let cursor = page.json["meta"]?["next_cursor"]?.string else { break }
                    target = "/admin/customers/find-all?limit=7&cursor=\(cursor)"
                    for _ in 0..<Int.random(in: 0...3, using: &random) { _ = try system.makeCustomer() }
                    for id in lived.shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random)) {
                        try system.deleteCustomer(id)
                        lived.remove(id)
                    }
                }
                #expect(seen.count == Set(seen).count)
                #expect(lived.subtracting(seen).isEmpty)
                #expect(seen == seen.sorted(by: >))
            }
        }
    }
}

extension RunningSystem {
    /// Removes the row, as only an administrator of the database could.
    fileprivate func deleteCustomer(_ id: Int64) throws {
        try database.transaction(by: .after(milliseconds: 10_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            _ = try transaction.execute("DELETE FROM customers WHERE id = \(id)")
        }
    }
}
