import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing
import WordSearch

@testable import OrdersAPI

@Suite(.blocking) struct ProductTests {
    static let members = [
        "id", "sku", "name", "description", "price_cents", "stock", "is_active", "created_at", "updated_at",
    ]
    static let createPath = "/admin/products/create-product"
    static let listPath = "/admin/products/find-all"

    /// Products need no customers.
    private func harness() throws -> ServiceHarness { try ServiceHarness(customers: "http://127.0.0.1:1") }

    @Test func `a product is made, found, changed and taken off sale`() throws {
        let harness = try harness()
        let made = harness.client.post(
            Self.createPath,
            #"{"sku":"SKU-1.a_b","name":"Café chair","description":"","price_cents":12900,"stock":5,"x":1}"#)
        #expect(made.status == 201, "\(made)")
        #expect(made.headers["Location"] == "/admin/products/find-one/\(made.id)")
        #expect(made.data.names == Self.members)
        #expect(made.data["sku"] == .string("SKU-1.a_b"))
        #expect(made.data["description"] == .string(""))
        #expect(made.data["price_cents"] == .integer(12900))
        #expect(made.data["stock"] == .integer(5))
        #expect(made.data["is_active"] == .bool(true))
        #expect(harness.client.get("/admin/products/find-one/\(made.id)").data == made.data)
        let changed = harness.client.patch(
            "/admin/products/update/\(made.id)", #"{"price_cents":0,"description":null}"#)
        #expect(changed.status == 200, "\(changed)")
        #expect(changed.data["price_cents"] == .integer(0))
        #expect(changed.data["stock"] == .integer(5))
        #expect(changed.data["description"] == .null)
        #expect(changed.data["name"] == .string("Café chair"))
        let off = harness.client.patch("/admin/products/logic-delete/\(made.id)")
        #expect(off.data["is_active"] == .bool(false))
        #expect(harness.client.patch("/admin/products/logic-delete/\(made.id)").data == off.data)
        #expect(harness.client.get("\(Self.listPath)?is_active=true").ids == [])
        #expect(harness.client.get("\(Self.listPath)?is_active=false").ids == [made.id])
        #expect(harness.client.get("/admin/products/find-one/99").code == "product-not-found")
        #expect(harness.client.patch("/admin/products/update/99", "{}").code == "product-not-found")
    }

    @Test func `everything wrong with a product is said at once`() throws {
        let harness = try harness()
        let reply = harness.client.post(
            Self.createPath, #"{"sku":"has blank","name":7,"price_cents":-1,"stock":1.5,"description":[]}"#)
        #expect(reply.status == 422)
        #expect(
            reply.violations == [
                "/sku format", "/name type", "/description type", "/price_cents range", "/stock range",
            ])
        let tooMuch = harness.client.post(
            Self.createPath, #"{"sku":"a","name":"a","price_cents":10000000000,"stock":1000000001}"#)
        #expect(tooMuch.violations == ["/price_cents range", "/stock range"])
        #expect(
            harness.client.post(Self.createPath, "{}").violations == [
                "/sku required", "/name required", "/price_cents required", "/stock required",
            ])
        #expect(try harness.database.number("SELECT COUNT(*) FROM products") == 0)
    }

    @Test func `a SKU belongs to one product, and its case matters`() throws {
        let harness = try harness()
        _ = try harness.product("sku-1")
        let other = try harness.product("SKU-1")
        let made = harness.client.post(Self.createPath, #"{"sku":"sku-1","name":"x","price_cents":1,"stock":1}"#)
        #expect(made.status == 409)
        #expect(made.code == "sku-taken")
        let changed = harness.client.patch("/admin/products/update/\(other)", #"{"sku":"sku-1"}"#)
        #expect(changed.status == 409)
        #expect(changed.code == "sku-taken")
    }

    @Test func `products are searched by the words of name and SKU`() throws {
        let harness = try harness()
        let lamp = try harness.product("LAMP_01")
        let mat = try harness.product("MAT-01")
        for (search, ids) in [
            ("lamp", [lamp]), ("Lamp_01", [lamp]), ("LAMP01", [lamp]), ("mat-0", [mat]),
            ("-01+N%C3%81ME", [mat, lamp]),
            ("amp", []), ("la", []), ("lamp+mat", []),
        ] {
            #expect(harness.client.get("\(Self.listPath)?search=\(search)").ids == ids)
        }
        #expect(harness.client.get("\(Self.listPath)?search=%25").violations == ["search format"])
        let patch = #"{"sku":"RUG-02","name":"Rug"}"#
        #expect(harness.client.patch("/admin/products/update/\(mat)", patch).status == 200)
        #expect(harness.client.get("\(Self.listPath)?search=rug-02").ids == [mat])
        #expect(harness.client.get("\(Self.listPath)?search=mat").ids == [])
        let page = harness.client.get("\(Self.listPath)?limit=1")
        let cursor = try #require(page.nextCursor)
        #expect(page.ids == [mat])
        #expect(harness.client.get("\(Self.listPath)?limit=1&cursor=\(cursor)").ids == [lamp])
        let orders = harness.client.get("/admin/orders/find-all?cursor=\(cursor)")
        #expect(orders.code == "invalid-cursor", "A cursor of products is foreign to orders.")
    }

    @Test func `what too many SKUs begin with is too broad a search, and a whole SKU is not`() throws {
        let harness = try harness()
        try harness.database.change(
            """
            INSERT INTO products (sku, name, price_cents, stock, created_at, updated_at)
            SELECT CONCAT('CHAIR-', number), 'Chair', 1, 1, NOW(6), NOW(6) FROM \(SQL.numbers(below: 10_001)) ORDER BY number
            """)
        #expect(harness.client.get("\(Self.listPath)?search=chair-7").code == "not-ready")
        #expect(
            try harness.app.products.store.backfill(harness.database).run(by: .after(milliseconds: 60_000)).isComplete)
        #expect(harness.client.get("\(Self.listPath)?search=cha").code == "search-too-broad")
        #expect(harness.client.get("\(Self.listPath)?search=chair&limit=1").ids == [10_001])
        #expect(harness.client.get("\(Self.listPath)?search=chair-9999").ids == [10_000])
    }

    @Test func `a product is made once under one key`() throws {
        let harness = try harness()
        let client = harness.client.with(key: "key-1")
        let body = #"{"sku":"a","name":"a","price_cents":1,"stock":1}"#
        let first = client.post(Self.createPath, body)
        let second = client.post(Self.createPath, body)
        #expect(first.status == 201)
        #expect(second.isReplay)
        #expect(second.body == first.body)
        let path = "/admin/products/update/\(first.id)"
        #expect(client.patch(path, #"{"price_cents":9}"#).status == 200)
        #expect(harness.client.patch(path, #"{"price_cents":3}"#).status == 200)
        #expect(client.patch(path, #"{"price_cents":9}"#).isReplay)
        let present = harness.client.get("/admin/products/find-one/\(first.id)")
        #expect(present.data["price_cents"] == .integer(3), "A repetition writes nothing.")
    }
}
