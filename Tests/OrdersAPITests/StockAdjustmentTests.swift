import BlockingTesting
import Concurrency
import DatabaseTesting
import HTTPMessages
import JSON
import MySQL
@testable import OrdersAPI
import ServiceTesting
import Testing

/// Stock is adjusted by what came and went, never set, and the ledger says why.
@Suite(.blocking) struct StockAdjustmentTests {
    private let customers: RunningCustomers
    private let harness: ServiceHarness

    init() throws {
        customers = try RunningCustomers()
        harness = try ServiceHarness(customers: customers.url)
    }

    private func path(_ product: Int64) -> String { "/admin/products/\(product)/adjust-stock" }

    private func adjustments(_ product: Int64, _ query: String = "") -> Reply {
        harness.client.get("/admin/products/\(product)/stock-adjustments\(query)")
    }

    @Test func `an adjustment adds to what orders have left`() throws {
        let chair = try harness.product("chair", stock: 100)
        #expect(harness.order(customers.ana, [(chair, 5)]).status == 201)
        let reply = harness.adjust(chair, 20, key: "key-1")
        #expect(reply.status == 200, "\(reply)")
        #expect(reply.data["stock"] == .integer(115))
        #expect(reply.data.names == ProductTests.members)
        let less = harness.adjust(chair, -115, reason: "DAMAGE", key: "key-2")
        #expect(less.data["stock"] == .integer(0), "\(less)")
        #expect(try harness.stock(chair) == harness.ledgerLessHeld(chair))
    }

    @Test(arguments: [#"{"stock":120}"#, #"{"stock":null}"#, #"{"name":"Lamp","stock":"x"}"#])
    func `a patch of the stock is refused, and names the operation that adjusts it`(patch: String) throws {
        let chair = try harness.product("chair", stock: 100)
        let reply = harness.client.patch("/admin/products/update/\(chair)", patch)
        #expect(reply.status == 422, "\(reply)")
        #expect(reply.violations == ["/stock read-only"])
        let detail = reply.json["errors"]?.array?.first?["detail"]?.string
        #expect(detail?.contains("POST /admin/products/{id}/adjust-stock") == true, "\(reply)")
        #expect(try harness.stock(chair) == 100)
        #expect(harness.client.get("/admin/products/find-one/\(chair)").data["name"] == .string("chair name"))
    }

    @Test func `the ledger begins with what a product was made with, and is read newest first, page by page`() throws {
        let chair = try harness.product("chair", stock: 7)
        let lamp = try harness.product("lamp", stock: 0)
        #expect(harness.adjust(chair, 3, key: "key-1").status == 200)
        #expect(harness.adjust(lamp, 1, key: "key-1").status == 200)
        let note = harness.client.with(key: "key-2").post(
            path(chair), #"{"delta":-1,"reason":"RETURN","note":"Sent back to Füllhorn"}"#)
        #expect(note.status == 200, "\(note)")
        let all = adjustments(chair)
        #expect(all.status == 200, "\(all)")
        let entries = all.data.array ?? []
        #expect(entries.map { $0["delta"]?.integer } == [-1, 3, 7])
        #expect(entries.map { $0["reason"]?.string } == ["RETURN", "RECEIPT", "INITIAL"])
        #expect(entries.map { $0["note"] } == [.string("Sent back to Füllhorn"), .null, .null])
        #expect(entries.allSatisfy { $0.names == ["id", "product_id", "delta", "reason", "note", "created_at"] })
        #expect(entries.allSatisfy { $0["product_id"] == .integer(chair) })
        let first = adjustments(chair, "?limit=2")
        let cursor = try #require(first.nextCursor)
        #expect(first.ids == Array(all.ids.prefix(2)))
        let second = adjustments(chair, "?limit=2&cursor=\(cursor)")
        #expect(second.ids == Array(all.ids.suffix(1)))
        #expect(second.nextCursor == nil)
        #expect(adjustments(lamp, "?cursor=\(cursor)").code == "invalid-cursor", "It belongs to another product.")
        #expect((adjustments(lamp).data.array ?? []).map { $0["delta"]?.integer } == [1, 0])
        for id in ["99", "0", "x"] {
            let unknown = harness.client.get("/admin/products/\(id)/stock-adjustments")
            #expect(unknown.code == "product-not-found", "\(unknown)")
        }
    }

    @Test func `a repetition counts once, and a key is needed for that`() throws {
        let chair = try harness.product("chair", stock: 10)
        let keyless = harness.client.post(path(chair), #"{"delta":5,"reason":"RECEIPT"}"#)
        #expect(keyless.status == 400, "\(keyless)")
        #expect(keyless.code == "idempotency-key-missing")
        let first = harness.adjust(chair, 5, key: "key-1")
        #expect(harness.adjust(chair, -2, key: "key-2").status == 200)
        let again = harness.client.with(key: "key-1").post(
            path(chair), #"{"reason":"RECEIPT","note":null,"sent_at":7,"delta":5.0}"#)
        #expect(again.isReplay, "\(again)")
        #expect(again.body == first.body)
        #expect(try harness.stock(chair) == 13)
        #expect(harness.adjust(chair, 6, key: "key-1").code == "idempotency-key-reused")
        #expect(harness.adjust(chair, 5, reason: "RETURN", key: "key-1").code == "idempotency-key-reused")
        #expect(adjustments(chair).ids.count == 3)
        let replies = try inParallel(12) { [harness] _ in harness.adjust(chair, 1, key: "key-3") }
        #expect(replies.allSatisfy { $0.status == 200 || $0.code == "idempotency-key-in-use" }, "\(replies)")
        #expect(try harness.stock(chair) == 14)
        #expect(try harness.stock(chair) == harness.ledgerLessHeld(chair))
    }

    @Test func `no adjustment leaves less than nothing, or more than can be counted`() throws {
        let chair = try harness.product("chair", stock: 3)
        let short = harness.adjust(chair, -4, reason: "DAMAGE", key: "key-1")
        #expect(short.status == 409, "\(short)")
        #expect(short.code == "stock-out-of-range")
        let full = harness.adjust(chair, 999_999_998, key: "key-2")
        #expect(full.code == "stock-out-of-range", "\(full)")
        #expect(adjustments(chair).ids.count == 1)
        #expect(try harness.stock(chair) == 3)
        #expect(harness.adjust(chair, 999_999_997, key: "key-3").data["stock"] == .integer(1_000_000_000))
        let again = harness.adjust(chair, -4, reason: "DAMAGE", key: "key-1")
        #expect(again.isReplay, "It told of a state: \(again)")
        #expect(again.body == short.body)
        // What comes back from orders may exceed the bound; that must not keep anybody from counting it down.
        try harness.database.change("UPDATE products SET stock = 2000000000 WHERE id = \(chair)")
        #expect(harness.adjust(chair, -1, key: "key-4").data["stock"] == .integer(1_999_999_999))
        #expect(harness.adjust(chair, 1, key: "key-5").code == "stock-out-of-range")
    }

    @Test func `everything wrong with an adjustment is said at once`() throws {
        let chair = try harness.product("chair")
        func violations(_ body: String) -> [String] {
            harness.client.with(key: "key-1").post(path(chair), body).violations
        }
        #expect(violations("{}") == ["/delta required", "/reason required"])
        #expect(
            violations(#"{"delta":1.5,"reason":"INITIAL","note":""}"#) == [
                "/delta range", "/reason unknown-value", "/note length",
            ])
        #expect(
            violations(#"{"delta":1000000001,"reason":7,"note":"\#(String(repeating: "n", count: 256))"}"#) == [
                "/delta range", "/reason type", "/note length",
            ])
        #expect(violations(#"{"delta":-1000000001,"reason":"receipt"}"#) == ["/delta range", "/reason unknown-value"])
        #expect(try harness.keyCount == 0)
        let longest = String(repeating: "n", count: 255)
        let reply = harness.client.with(key: "key-1").post(
            path(chair), #"{"delta":0,"reason":"COUNT","note":"\#(longest)"}"#)
        #expect(reply.status == 200, "A count that finds what was there is one, too: \(reply)")
        #expect(adjustments(chair).data.array?.first?["note"] == .string(longest))
        let unknown = harness.client.with(key: "key-1").post(path(99), #"{"delta":1,"reason":"RECEIPT"}"#)
        #expect(unknown.code == "product-not-found", "\(unknown)")
    }

    @Test func `a product that is not for sale is adjusted like any other`() throws {
        let chair = try harness.product("chair", stock: 10)
        let off = harness.client.patch("/admin/products/logic-delete/\(chair)")
        let reply = harness.adjust(chair, -4, reason: "DAMAGE", key: "key-1")
        #expect(reply.data["stock"] == .integer(6), "\(reply)")
        #expect(reply.data["is_active"] == .bool(false))
        #expect(reply.data["updated_at"] == off.data["updated_at"], "The stock is not among what is edited.")
    }

    @Test func `products of an earlier version begin their ledger with what they have and what orders hold`() throws {
        let schema = try TestDatabase.makeSchema()
        let database = Database(schema.configuration)
        defer { database.close() }
        func migrate(_ migrations: [Migration]) throws {
            _ = try Migrator(database: database, service: "orders-api", migrations: migrations)
                .migrate(by: .after(milliseconds: 30_000))
        }
        try migrate(Array(OrdersMigrations.all.prefix { $0.name <= "m0004_create_order_items" }))
        for (id, stock) in [(1, 95), (2, 0), (3, 4)] {
            try database.change(
                """
                INSERT INTO products (id, sku, name, price_cents, stock, created_at, updated_at)
                VALUES (\(id), \("sku-\(id)"), 'x', 1, \(stock), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
                """)
        }
        for (id, status, quantity) in [(1, "CREATED", 3), (2, "CONFIRMED", 2), (3, "CANCELED", 50)] {
            try database.change(
                """
                INSERT INTO orders (id, customer_id, customer_name, customer_email, customer_phone, status, total_cents,
                    created_at) VALUES (\(id), 1, 'x', 'x@y.z', '555', \(status), 1, UTC_TIMESTAMP(6))
                """)
            for (line, product) in [1, 3].enumerated() {
                try database.change(
                    """
                    INSERT INTO order_items VALUES (\(id), \(line + 1), \(product), 'x', 'x', \(quantity), 1, 1)
                    """)
            }
        }
        try migrate(OrdersMigrations.all)
        try migrate(OrdersMigrations.all)
        for (product, expected) in [(1, 100), (2, 0), (3, 9)] {
            let initial = try database.number(
                """
                SELECT delta FROM stock_adjustments WHERE product_id = \(product) AND reason = 'INITIAL' AND note IS NULL
                """)
            #expect(initial == Int64(expected), "product \(product)")
        }
        #expect(try database.number("SELECT COUNT(*) FROM stock_adjustments") == 3)
    }
}
