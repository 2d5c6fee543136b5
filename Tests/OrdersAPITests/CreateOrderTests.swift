import BlockingTesting
import Concurrency
import ConcurrencyTesting
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing

@Suite(.blocking) struct CreateOrderTests {
    private let customers: RunningCustomers
    private let harness: ServiceHarness

    init() throws {
        customers = try RunningCustomers()
        harness = try ServiceHarness(customers: customers.url)
    }

    private func expectNothingWritten(sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try harness.orderCount == 0, sourceLocation: sourceLocation)
        #expect(try harness.itemCount == 0, sourceLocation: sourceLocation)
    }

    @Test func `an order takes its stock, merges lines of one product, and keeps customer and prices`() throws {
        let chair = try harness.product("chair", priceCents: 12_900, stock: 10)
        let lamp = try harness.product("lamp", priceCents: 3_950, stock: 10)
        let reply = harness.order(customers.ana, [(lamp, 1), (chair, 2), (lamp, 3)])
        #expect(reply.status == 201, "\(reply)")
        #expect(reply.headers["Location"] == "/admin/orders/find-one/\(reply.id)")
        #expect(
            reply.data.names == [
                "id", "customer_id", "customer", "status", "total_cents", "items", "created_at", "confirmed_at",
                "canceled_at", "cancel_reason",
            ])
        #expect(reply.data["status"] == .string("CREATED"))
        #expect(reply.data["total_cents"] == .integer(2 * 12_900 + 4 * 3_950))
        #expect(reply.data["confirmed_at"] == .null)
        #expect(reply.data["canceled_at"] == .null)
        #expect(reply.data["cancel_reason"] == .null)
        #expect(reply.data["customer_id"] == .integer(customers.ana))
        #expect(
            reply.data["customer"]
                == .object(
                    JSONObject([
                        ("id", .integer(customers.ana)), ("name", .string("Ana Torres")),
                        ("email", .string("ana@example.com")), ("phone", .string("+593 99 123 4567")),
                    ])))
        let items = try #require(reply.data["items"]?.array)
        #expect(
            items.map(\.names).allSatisfy {
                $0 == ["product_id", "sku", "name", "qty", "unit_price_cents", "subtotal_cents"]
            })
        #expect(items.map { $0["product_id"]?.integer } == [chair, lamp])
        #expect(items.map { $0["qty"]?.integer } == [2, 4])
        #expect(items.map { $0["subtotal_cents"]?.integer } == [25_800, 15_800])
        #expect(try harness.stock(chair) == 8)
        #expect(try harness.stock(lamp) == 6)
        #expect(customers.change(customers.ana, #"{"name":"Ana Vega","phone":"555"}"#).status == 200)
        #expect(harness.client.patch("/admin/products/update/\(lamp)", #"{"price_cents":1,"name":"x"}"#).status == 200)
        let found = harness.find(reply.id)
        #expect(found.status == 200)
        #expect(found.data == reply.data, "The order is as it was when it was made.")
    }

    @Test func `a customer who does not exist or was deactivated cannot order`() throws {
        let chair = try harness.product("chair")
        let unknown = harness.order(99, [(chair, 1)])
        #expect(unknown.status == 404, "\(unknown)")
        #expect(unknown.code == "customer-not-found")
        #expect(customers.deactivate(customers.ana).status == 200)
        let inactive = harness.order(customers.ana, [(chair, 1)])
        #expect(inactive.status == 422, "\(inactive)")
        #expect(inactive.code == "customer-inactive")
        try expectNothingWritten()
        #expect(try harness.stock(chair) == 10)
        #expect(customers.change(customers.ana, #"{"is_active":true}"#).status == 200)
        #expect(harness.order(customers.ana, [(chair, 1)]).status == 201, "Who was refused is not remembered.")
    }

    @Test func `products that do not exist or are off sale are named, all of them`() throws {
        let chair = try harness.product("chair")
        let lamp = try harness.product("lamp")
        let mat = try harness.product("mat")
        let unknown = harness.order(customers.ana, [(777, 1), (chair, 1), (555, 1)])
        #expect(unknown.status == 404, "\(unknown)")
        #expect(unknown.code == "product-not-found")
        #expect(unknown.json["detail"]?.string?.contains("555, 777") == true, "\(unknown)")
        for id in [lamp, mat] { _ = harness.client.patch("/admin/products/logic-delete/\(id)") }
        let inactive = harness.order(customers.ana, [(mat, 1), (chair, 1), (lamp, 1)])
        #expect(inactive.status == 422, "\(inactive)")
        #expect(inactive.code == "product-inactive")
        #expect(inactive.json["detail"]?.string?.contains("\(lamp), \(mat)") == true, "\(inactive)")
        try expectNothingWritten()
    }

    @Test func `an order beyond the stock names each short product and writes nothing`() throws {
        let chair = try harness.product("chair", stock: 2)
        let lamp = try harness.product("lamp", stock: 5)
        let mat = try harness.product("mat", stock: 0)
        let reply = harness.order(customers.ana, [(mat, 1), (chair, 2), (lamp, 5), (chair, 1)])
        #expect(reply.status == 409, "\(reply)")
        #expect(reply.code == "insufficient-stock")
        #expect(reply.json["retryable"] == .bool(false))
        let short = (reply.json["products"]?.array ?? []).map {
            [$0["product_id"]?.integer, $0["requested"]?.integer, $0["available"]?.integer]
        }
        #expect(short == [[chair, 3, 2], [mat, 1, 0]])
        try expectNothingWritten()
        #expect(try harness.stock(chair) == 2)
        #expect(try harness.stock(lamp) == 5)
    }

    @Test func `a sum that does not fit is refused`() throws {
        let dear = try harness.product("dear", priceCents: 9_999_999_999, stock: 1_000_000)
        let fits = harness.order(customers.ana, [(dear, 900_719)])
        #expect(fits.status == 201, "\(fits)")
        #expect(fits.data["total_cents"] == .integer(9_999_999_999 * 900_719))
        #expect(harness.cancel(fits.id).status == 200)
        let reply = harness.order(customers.ana, [(dear, 900_720)])
        #expect(reply.status == 422, "\(reply)")
        #expect(reply.violations == ["/items range"])
        #expect(try harness.stock(dear) == 1_000_000)
        #expect(try harness.orderCount == 1)
    }

    @Test func `200 lines of the dearest products do not overflow`() throws {
        var ids: [Int64] = []
        for number in 0..<200 {
            ids.append(try harness.product("dear\(number)", priceCents: 9_999_999_999, stock: 1_000_000))
        }
        let reply = harness.order(customers.ana, ids.map { ($0, 1_000_000) })
        #expect(reply.violations == ["/items range"], "\(reply)")
        let fits = harness.order(customers.ana, ids.map { ($0, 1) })
        #expect(fits.status == 201)
        #expect(fits.data["items"]?.array?.count == 200)
        #expect(fits.data["total_cents"] == .integer(200 * 9_999_999_999))
    }

    @Test(arguments: [(1, 201), (200, 201), (201, 422), (10_000, 422)])
    func `an order has up to 200 lines`(count: Int, status: Int) throws {
        let chair = try harness.product("chair", stock: 1000)
        let reply = harness.order(customers.ana, Array(repeating: (chair, 1), count: count))
        #expect(reply.status == status, "\(reply)")
        if status == 201 {
            #expect(try harness.stock(chair) == 1000 - Int64(count))
        } else {
            #expect(reply.violations == ["/items too-many"])
            try expectNothingWritten()
        }
    }

    @Test func `lines that add up to too much of one product are refused`() throws {
        let chair = try harness.product("chair", stock: 1_000_000_000)
        let reply = harness.order(customers.ana, [(chair, 1_000_000), (chair, 1)])
        #expect(reply.violations == ["/items range"], "\(reply)")
        #expect(harness.order(customers.ana, [(chair, 999_999), (chair, 1)]).status == 201)
    }

    @Test(arguments: [
        ("0", "range"), ("-1", "range"), ("1000001", "range"), ("1.5", "range"), ("1e300", "range"),
        ("9223372036854775808", "range"), ("\"2\"", "type"), ("null", "required"), ("true", "type"), ("[1]", "type"),
    ])
    func `a quantity that is none is refused`(quantity: String, code: String) throws {
        let chair = try harness.product("chair")
        let reply = harness.client.post(
            ServiceHarness.createPath,
            #"{"customer_id":\#(customers.ana),"items":[{"product_id":\#(chair),"qty":\#(quantity)}]}"#)
        #expect(reply.status == 422, "\(reply)")
        #expect(reply.violations == ["/items/0/qty \(code)"])
        try expectNothingWritten()
    }

    @Test func `everything wrong with an order is said at once`() throws {
        let reply = harness.client.post(
            ServiceHarness.createPath, #"{"items":[{"qty":1},{"product_id":0,"qty":0},{"product_id":"1"}]}"#)
        #expect(
            reply.violations == [
                "/customer_id required", "/items/0/product_id required", "/items/1/product_id range",
                "/items/1/qty range", "/items/2/product_id type", "/items/2/qty required",
            ])
        let path = ServiceHarness.createPath
        #expect(harness.client.post(path, #"{"customer_id":1,"items":[]}"#).violations == ["/items empty"])
        #expect(harness.client.post(path, #"{"customer_id":1,"items":[1]}"#).violations == ["/items type"])
        #expect(harness.client.post(path, #"{"customer_id":1,"items":{}}"#).violations == ["/items type"])
        #expect(harness.client.post(path, #"{"customer_id":1}"#).violations == ["/items required"])
        try expectNothingWritten()
    }

    @Test func `a price that changes between being read and being taken is read again`() throws {
        let chair = try harness.product("chair", priceCents: 1000)
        let mayEnd = Observed(false)
        let isHeld = Observed(false)
        // Holds the product's row with a new price that nobody sees yet: the order reads the old one, and then waits.
        let holder = Thread.start { [database = harness.database] in
            do throws(DatabaseError) {
                try database.transaction(by: .after(milliseconds: 20_000)) {
                    (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                    _ = try transaction.execute("UPDATE products SET price_cents = 1500 WHERE id = \(chair)")
                    isHeld.change { $0 = true }
                    mayEnd.wait { $0 }
                }
            } catch {
                Issue.record(error)
            }
        }
        #expect(isHeld.wait { $0 })
        let reply = Lock<Reply?>(nil)
        let buyer = Thread.start { [harness, customers] in
            let answer = harness.order(customers.ana, [(chair, 2)])
            reply.withLock { $0 = answer }
        }
        #expect(try eventually { try harness.database.lockWaits() > 0 })
        mayEnd.change { $0 = true }
        try #require(holder).join()
        try #require(buyer).join()
        let answer = try #require(reply.withLock { $0 })
        #expect(answer.status == 201, "\(answer)")
        #expect(answer.data["total_cents"] == .integer(3000))
        #expect(try harness.stock(chair) == 8)
        #expect(try harness.orderCount == 1)
    }
}
