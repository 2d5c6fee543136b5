import BlockingTesting
import HTTPMessages
import JSON
import ScriptedServer
import ServiceTesting
import Testing

/// Orders for customers whom another service has asked for.
@Suite(.blocking) struct SnapshotOrderTests {
    private static let path = "/admin/orders/internal/create-order"
    private static let ana = #"{"id":1,"name":"Ana Torres","email":"ana@example.com","phone":"555"}"#

    /// Counts who comes, and answers nobody.
    private let customers: ScriptedServer
    private let harness: ServiceHarness
    private let chair: Int64

    init() throws {
        customers = try ScriptedServer { $0.waitForEnd() }
        harness = try ServiceHarness(customers: customers.url)
        chair = try harness.product("chair")
    }

    private func body(_ customer: String?, customerID: Int64 = 1, quantity: Int64 = 1) -> String {
        let order = newOrder(customerID, [(chair, quantity)])
        return customer.map { #"\#(order.dropLast()),"customer":\#($0)}"# } ?? order
    }

    private func create(_ body: String, key: String? = "key-1", in harness: ServiceHarness? = nil) -> Reply {
        let client = (harness ?? self.harness).client.with(token: TestTokens.service)
        return (key.map { client.with(key: $0) } ?? client).post(SnapshotOrderTests.path, body)
    }

    private func expectNothingWritten(sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try harness.orderCount == 0, sourceLocation: sourceLocation)
        #expect(try harness.keyCount == 0, sourceLocation: sourceLocation)
        #expect(try harness.stock(chair) == 10, sourceLocation: sourceLocation)
    }

    @Test func `the order takes the customer as it is told, and nobody is asked`() throws {
        defer { customers.stop() }
        let reply = create(body(Self.ana, quantity: 2))
        #expect(reply.status == 201, "\(reply)")
        #expect(reply.headers["Location"] == "/admin/orders/find-one/\(reply.id)")
        #expect(reply.data["customer"] == (try JSONParser.parse(Array(Self.ana.utf8))))
        #expect(harness.find(reply.id).data == reply.data)
        #expect(try harness.stock(chair) == 8)
        #expect(create(body("null", quantity: 2)).isReplay)
        #expect(create(body("null", quantity: 2), key: "key-2").status == 404)
        #expect(customers.acceptedCount == 0)
    }

    @Test func `without a customer an unknown key is not found, and keeps nothing`() throws {
        defer { customers.stop() }
        for _ in 0..<2 {
            let reply = create(body("null"))
            #expect(reply.status == 404, "\(reply)")
            #expect(reply.code == "key-unknown")
            #expect(!reply.isReplay)
            try expectNothingWritten()
        }
        #expect(create(body(Self.ana)).status == 201)
    }

    @Test func `a key that has its reply from either way decides alike`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url)
        let chair = try harness.product("chair")
        func body(_ customer: String) -> String {
            #"\#(newOrder(customers.ana, [(chair, 1)]).dropLast()),"customer":\#(customer)}"#
        }
        let other = #"{"id":\#(customers.ana),"name":"Another name","email":"a@b.com","phone":"777"}"#
        let public1 = harness.order(customers.ana, [(chair, 1)], key: "public")
        #expect(public1.status == 201, "\(public1)")
        for customer in ["null", other] {
            let again = create(body(customer), key: "public", in: harness)
            #expect(again.isReplay, "\(again)")
            #expect(again.body == public1.body)
        }
        let internal1 = create(body(other), key: "internal", in: harness)
        #expect(internal1.status == 201, "\(internal1)")
        let again = harness.order(customers.ana, [(chair, 1)], key: "internal")
        #expect(again.isReplay)
        #expect(again.body == internal1.body)
        #expect(try harness.orderCount == 2)
    }

    @Test func `a refusal that create-order has kept is the key's reply here, too`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url)
        let chair = try harness.product("chair")
        #expect(customers.deactivate(customers.ana).status == 200)
        #expect(harness.order(customers.ana, [(chair, 1)], key: "key-1").code == "customer-inactive")
        #expect(customers.change(customers.ana, #"{"is_active":true}"#).status == 200)
        #expect(harness.order(customers.ana, [(chair, 1)], key: "key-1").code == "customer-inactive")
        let customer = #"{"id":\#(customers.ana),"name":"Ana","email":"ana@example.com","phone":"555"}"#
        for customer in ["null", customer] {
            let order = #"\#(newOrder(customers.ana, [(chair, 1)]).dropLast()),"customer":\#(customer)}"#
            let reply = create(order, in: harness)
            #expect(reply.code == "customer-inactive", "\(reply)")
            #expect(reply.isReplay)
        }
    }

    @Test func `the customer is no part of what the key stands for; the items are`() throws {
        defer { customers.stop() }
        let first = create(body(Self.ana))
        #expect(first.status == 201, "\(first)")
        let renamed = create(body(Self.ana.replacing("Torres", with: "Vega")))
        #expect(renamed.isReplay, "\(renamed)")
        #expect(renamed.body == first.body)
        for customer in ["null", Self.ana] {
            let other = create(body(customer, quantity: 2))
            #expect(other.status == 422, "\(other)")
            #expect(other.code == "idempotency-key-reused")
        }
        #expect(try harness.orderCount == 1)
    }

    @Test func `a refusal that tells of a state is kept`() throws {
        defer { customers.stop() }
        #expect(create(body(Self.ana, quantity: 11)).code == "insufficient-stock")
        #expect(harness.adjust(chair, 5, key: "more").status == 200)
        let again = create(body("null", quantity: 11))
        #expect(again.status == 409, "\(again)")
        #expect(again.code == "insufficient-stock")
        #expect(again.isReplay)
    }

    @Test func `whose order it is says customer_id alone`() throws {
        defer { customers.stop() }
        let order = create(body(#"{"id":77,"name":"Ana","email":"a@b.com","phone":"555"}"#))
        #expect(order.status == 201, "\(order)")
        #expect(order.data["customer"]?["id"] == order.data["customer_id"])
        #expect(order.data["customer"]?["id"] != .integer(77))
    }

    @Test(arguments: [
        (nil, ["/customer required"]), ("7", ["/customer type"]),
        (
            "{}",
            [
                "/customer/name required", "/customer/email required", "/customer/phone required",
            ]
        ),
        (
            #"{"id":0,"name":"","email":"a","phone":5}"#,
            ["/customer/name length", "/customer/email length", "/customer/phone type"]
        ),
    ])
    func `a customer that is none is refused`(customer: String?, violations: [String]) throws {
        defer { customers.stop() }
        let reply = create(body(customer))
        #expect(reply.status == 422, "\(reply)")
        #expect(reply.violations == violations)
        try expectNothingWritten()
    }

    @Test func `everything wrong is said at once, with a customer and without`() throws {
        defer { customers.stop() }
        #expect(
            create(#"{"customer_id":0,"items":[],"customer":{"id":1}}"#).violations == [
                "/customer/name required", "/customer/email required", "/customer/phone required",
                "/customer_id range", "/items empty",
            ])
        #expect(create(#"{"customer":null}"#).violations == ["/customer_id required", "/items required"])
    }

    @Test func `a key is needed`() throws {
        defer { customers.stop() }
        let reply = create(body(Self.ana), key: nil)
        #expect(reply.status == 400, "\(reply)")
        #expect(reply.code == "idempotency-key-missing")
        try expectNothingWritten()
    }

    @Test func `only the service token opens it`() throws {
        defer { customers.stop() }
        let harness = try ServiceHarness(customers: customers.url, ["API_TOKEN": TestTokens.api])
        for client in [harness.client, harness.client.with(token: TestTokens.api)] {
            let reply = client.with(key: "key-1").post(SnapshotOrderTests.path, body(Self.ana))
            #expect(reply.status == 401, "\(reply)")
        }
        #expect(try harness.orderCount == 0)
    }
}
