import BlockingTesting
import HostileInput
import MySQL
import SeededRandom
import ServiceTesting
import Testing

@Suite(.blocking) struct ProductPagingTests {
    /// What a filter looks at.
    private struct Row {
        var name: String
        let sku: String
        var stock: Int64
        var isActive = true
    }

    private static let path = "/admin/products/find-all"
    private let harness: ServiceHarness

    init() throws { harness = try ServiceHarness(customers: "http://127.0.0.1:1") }

    @Test(arguments: [
        "", "&is_active=true", "&is_active=false", "&search=oak", "&search=sku1", "&search=OAK&is_active=true",
        "&stock_at_most=0", "&stock_at_most=4", "&stock_at_most=4&is_active=true", "&search=oak&stock_at_most=4",
    ])
    func `each page of each filter is the model's, whatever came, changed and went before it`(filter: String) throws {
        var random = SeededRandom("pages of products\(filter)")
        let names = ["Oak desk", "Lamp", "Shelf of oak"]
        var made = 0
        func newRow() throws -> (Int64, Row) {
            made += 1
            let sku = "sku-\(made)"
            let stock = Int64.random(in: 0...8, using: &random)
            return (try harness.product(sku, stock: stock), Row(name: "\(sku) name", sku: sku, stock: stock))
        }
        var rows: [Int64: Row] = [:]
        for _ in 0..<30 {
            let (id, row) = try newRow()
            rows[id] = row
        }
        for _ in 0..<4 {
            var list = WalkedList(rows) { row in
                (!filter.contains("is_active=true") || row.isActive)
                    && (!filter.contains("stock_at_most=0") || row.stock == 0)
                    && (!filter.contains("stock_at_most=4") || row.stock <= 4)
                    && (!filter.contains("is_active=false") || !row.isActive)
                    && (!filter.lowercased().contains("search=oak") || row.name.lowercased().contains("oak"))
                    && (!filter.contains("search=sku1") || row.sku.hasPrefix("sku-1") || row.name.hasPrefix("sku-1"))
            }
            var last: Int64?
            var cursor: String?
            repeat {
                let limit = Int.random(in: 1...5, using: &random)
                let page = harness.client.get(
                    "\(Self.path)?limit=\(limit)\(filter)" + (cursor.map { "&cursor=\($0)" } ?? ""))
                let expected = list.page(after: last, limit: limit)
                try #require(page.ids == expected.ids, "\(page)")
                try #require((page.nextCursor != nil) == expected.hasNext)
                list.see(page.ids)
                cursor = page.nextCursor
                last = page.ids.last ?? last
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    let victim = list.rows.keys.sorted().randomElement(using: &random) ?? 1
                    guard var row = list.rows[victim] else { continue }
                    switch Int.random(in: 0..<6, using: &random) {
                    case 0:
                        let (id, row) = try newRow()
                        list.set(id, row)
                    case 1:
                        row.name = names.randomElement(using: &random) ?? ""
                        try change(victim, #"{"name":"\#(row.name)"}"#)
                        list.set(victim, row)
                    case 2, 3:
                        row.isActive.toggle()
                        try change(victim, #"{"is_active":\#(row.isActive)}"#)
                        list.set(victim, row)
                    case 4:
                        let stock = Int64.random(in: 0...8, using: &random)
                        guard stock != row.stock else { continue }
                        made += 1
                        let delta = stock - row.stock
                        let reply = harness.adjust(victim, delta, reason: "CORRECTION", key: "adjust-\(made)")
                        try #require(reply.status == 200, "\(reply)")
                        row.stock = stock
                        list.set(victim, row)
                    default:
                        try harness.database.change("DELETE FROM products WHERE id = \(victim)")
                        list.set(victim, nil)
                    }
                }
            } while cursor != nil
            #expect(list.repeatedCount == 0)
            #expect(list.skippedCount == 0)
            rows = list.rows
        }
    }

    @Test func `a cursor changed in any way is refused`() throws {
        for name in ["a", "b"] { _ = try harness.product(name) }
        let cursor = try #require(harness.client.get("\(Self.path)?limit=1").nextCursor)
        let altered = CursorAlterations.all(of: cursor)
        #expect(altered.count > 3000)
        let others = altered.filter { altered in
            let reply = harness.client.get("\(Self.path)?limit=1&cursor=\(altered)")
            return reply.status != 400 || reply.code != "invalid-cursor"
        }
        #expect(others == [])
        #expect(harness.client.get("\(Self.path)?limit=1&cursor=\(cursor)").status == 200)
    }

    private func change(_ id: Int64, _ patch: String) throws {
        let reply = harness.client.patch("/admin/products/update/\(id)", patch)
        try #require(reply.status == 200, "\(reply)")
    }
}
