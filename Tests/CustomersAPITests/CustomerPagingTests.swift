import BlockingTesting
import HostileInput
import MySQL
import SeededRandom
import ServiceTesting
import Testing

@Suite(.blocking) struct CustomerPagingTests {
    /// What a filter looks at.
    private struct Row {
        var name: String
        let email: String
        var phone = "+593 99 123 4567"
        var identityCard: String?
        var isActive = true

        /// What the tests' texts have as words: runs, and codes without what joins these.
        func has(_ text: String) -> Bool {
            let texts = [name, email, phone, identityCard ?? ""]
            let runs = texts.flatMap { $0.lowercased().split { " -@.+".contains($0) } }
            let codes = [phone, identityCard ?? ""].map { $0.filter { !" -+".contains($0) } }
            let words = runs.map { String($0) } + codes
            let text = text.lowercased().filter { $0 != "-" }
            return words.contains { $0 == text || text.count >= 3 && $0.hasPrefix(text) }
        }
    }

    private static let path = CustomerListTests.path
    private let harness: ServiceHarness

    init() throws { harness = try ServiceHarness() }

    @Test(
        arguments: [
            (nil, nil), (nil, true), (nil, false), ("torres", nil), ("ID-1", nil), ("77", nil), ("customer1", true),
            ("torres", false),
        ] as [(String?, Bool?)])
    func `each page of each filter is the model's, whatever came, changed and went before it`(
        search: String?, isActive: Bool?
    ) throws {
        let filter = (search.map { "&search=\($0)" } ?? "") + (isActive.map { "&is_active=\($0)" } ?? "")
        var random = SeededRandom("pages of customers\(filter)")
        var made = 0
        func newRow() throws -> (Int64, Row) {
            made += 1
            let row = Row(
                name: ["Ana Torres", "Luis"][made % 2], email: "customer\(made)@example.com",
                identityCard: made.isMultiple(of: 3) ? "id-\(made)" : nil)
            return (try harness.customer(row.name, email: row.email, identityCard: row.identityCard), row)
        }
        var rows: [Int64: Row] = [:]
        for _ in 0..<30 {
            let (id, row) = try newRow()
            rows[id] = row
        }
        for _ in 0..<4 {
            var list = WalkedList(rows) { row in
                (isActive ?? row.isActive) == row.isActive && search.map { row.has($0) } ?? true
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
                        row.name = row.name == "Luis" ? "Eva TORRES" : "Luis"
                        try change(victim, #"{"name":"\#(row.name)"}"#)
                        list.set(victim, row)
                    case 2:
                        row.phone = row.phone.hasPrefix("77") ? "555" : "77 66"
                        try change(victim, #"{"phone":"\#(row.phone)"}"#)
                        list.set(victim, row)
                    case 3, 4:
                        row.isActive.toggle()
                        try change(victim, #"{"is_active":\#(row.isActive)}"#)
                        list.set(victim, row)
                    default:
                        try harness.database.change("DELETE FROM customers WHERE id = \(victim)")
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
        for name in ["a", "b"] { _ = try harness.customer(name) }
        let cursor = try #require(harness.client.get("\(Self.path)?limit=1").nextCursor)
        let others = CursorAlterations.all(of: cursor).filter { altered in
            let reply = harness.client.get("\(Self.path)?limit=1&cursor=\(altered)")
            return reply.status != 400 || reply.code != "invalid-cursor"
        }
        #expect(others == [])
    }

    private func change(_ id: Int64, _ patch: String) throws {
        let reply = harness.client.patch("/admin/customers/update/\(id)", patch)
        try #require(reply.status == 200, "\(reply)")
    }
}
