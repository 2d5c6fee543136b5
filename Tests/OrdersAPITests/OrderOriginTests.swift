import BlockingTesting
import Concurrency
import CustomerErasures
import DatabaseTesting
import Digests
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing

@testable import OrdersAPI

/// Orders found by the key and by the correlation id of the call that made them.
@Suite(.blocking) struct OrderOriginTests {
    private static let path = OrderListTests.path
    /// Every character that a key may have; a comma is none.
    private static let everyCharacter = String(
        decoding: (UInt8(0x21)...0x7E).filter { $0 != UInt8(ascii: ",") }, as: UTF8.self)
    private static let longest = String(repeating: "k", count: 254) + "%"

    private func made(by key: String, _ client: ApplicationClient, _ others: String = "") -> Reply {
        client.get("\(Self.path)?idempotency_key=\(PercentEncoding.encode(key))\(others)")
    }

    private func correlated(with id: String, _ client: ApplicationClient) -> Reply {
        client.get("\(Self.path)?correlation_id=\(PercentEncoding.encode(id))")
    }

    /// An order for the service that asks for `callersKey`, under a step's key.
    private func step(
        _ client: ApplicationClient, _ customerID: Int64, _ product: Int64, key: String, callersKey: String?
    ) -> Reply {
        let order = newOrder(customerID, [(product, 1)]).dropLast()
        let named = callersKey.map { #","idempotency_key":"\#($0)""# } ?? ""
        return client.with(token: TestTokens.service).with(key: key).post(
            "/admin/orders/internal/create-order",
            #"\#(order),"customer":{"name":"Ana","email":"ana@example.com","phone":"555"}\#(named)}"#)
    }

    @Test(arguments: [everyCharacter, longest, "1", "\"quoted\"", "a+b&c=d", "%2C"])
    func `an order is found by its key, whatever that is made of`(key: String) throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("chair")
        let (customer, client) = (harness.customers.ana, harness.service.client)
        // In a header's quotation marks, so that it may begin with one.
        let quoted = "\"\(key.replacing("\\", with: #"\\"#).replacing("\"", with: #"\""#))\""
        let order = harness.service.order(customer, [(product, 1)], key: quoted)
        #expect(order.status == 201, "\(order)")
        let placed = harness.place(product, key: quoted)
        #expect(placed.status == 202, "\(placed)")
        let ids = [try #require(placed.json["orderId"]?.integer), order.id]
        #expect(made(by: key, client).ids == ids)
        #expect(made(by: key, client, "&status=PENDING").ids == [ids[0]])
        #expect(made(by: key, client, "&customer_id=\(customer)&limit=1").ids == [ids[0]])
        let others = [String(key.dropLast()), key + "x", key.uppercased(), key.lowercased()]
        for other in Set(others).subtracting([key, ""]) where other.utf8.count <= 255 {
            #expect(made(by: other, client).ids == [], "\(other)")
        }
    }

    @Test func `an unknown key and an unknown correlation id are empty pages`() throws {
        let harness = try ServiceHarness(customers: "http://127.0.0.1:1")
        for reply in [made(by: "nobody's", harness.client), correlated(with: "nothing", harness.client)] {
            #expect(reply.status == 200 && reply.ids == [] && reply.nextCursor == nil, "\(reply)")
        }
    }

    @Test func `several callers' orders under one key are all found, page by page`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(
            customers: customers.url,
            ["API_TOKEN": TestTokens.api, "API_TOKENS": "acme=token-of-the-acme-shop,shop=token-of-the-other-shop"])
        let clients = [TestTokens.api, "token-of-the-acme-shop", "token-of-the-other-shop"].map {
            harness.client.with(token: $0)
        }
        let product = clients[0].post(
            "/admin/products/create-product", #"{"sku":"chair","name":"Chair","price_cents":1,"stock":10}"#)
        let ids = clients.map {
            $0.with(key: "shared").post(ServiceHarness.createPath, newOrder(customers.ana, [(product.id, 1)])).id
        }
        // A repetition makes none.
        #expect(
            clients[1].with(key: "shared").post(ServiceHarness.createPath, newOrder(customers.ana, [(product.id, 1)]))
                .isReplay)
        var found: [Int64] = []
        var cursor = ""
        repeat {
            let page = made(by: "shared", clients[0], "&limit=1\(cursor)")
            found += page.ids
            cursor = page.nextCursor.map { "&cursor=\($0)" } ?? ""
        } while !cursor.isEmpty
        #expect(found == ids.reversed())
    }

    @Test func `what the orchestrator made is found by its caller's key, which is no part of what is asked`() throws {
        let harness = try ServiceHarness(customers: "http://127.0.0.1:1")
        let product = try harness.product("chair")
        let order = step(harness.client, 1, product, key: "orchestrator-create-1", callersKey: "the-caller's")
        #expect(order.status == 201, "\(order)")
        #expect(made(by: "the-caller's", harness.client).ids == [order.id])
        #expect(made(by: "orchestrator-create-1", harness.client).ids == [])
        // A repetition by an older orchestrator, or by one that says something else.
        for callersKey in [nil, "another"] {
            let again = step(harness.client, 1, product, key: "orchestrator-create-1", callersKey: callersKey)
            #expect(again.isReplay && again.body == order.body, "\(again)")
        }
        let unnamed = step(harness.client, 1, product, key: "orchestrator-create-2", callersKey: nil)
        #expect(made(by: "orchestrator-create-2", harness.client).ids == [unnamed.id])
        #expect(
            step(harness.client, 1, product, key: "orchestrator-create-3", callersKey: "a,b").violations == [
                "/idempotency_key format"
            ])
    }

    @Test func `an order is found by the correlation id of its making, given or made up, and by no later one`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url)
        let product = try harness.product("chair")
        let body = newOrder(customers.ana, [(product, 1)])
        let given = harness.client.with("X-Correlation-Id", "ticket/4711+a&b").post(ServiceHarness.createPath, body)
        let later = harness.client.with("X-Correlation-Id", "later").with(key: "confirm")
        #expect(later.post("/admin/orders/\(given.id)/confirm").status == 200)
        let madeUp = harness.client.post(ServiceHarness.createPath, body)
        let id = try #require(madeUp.headers["X-Correlation-Id"])
        #expect(correlated(with: "ticket/4711+a&b", harness.client).ids == [given.id])
        #expect(correlated(with: id, harness.client).ids == [madeUp.id])
        #expect(correlated(with: "later", harness.client).ids == [])
        #expect(made(by: "confirm", harness.client).ids == [], "The key made no order.")
        let both = "\(Self.path)?correlation_id=\(id)&idempotency_key=x"
        #expect(harness.client.get(both).ids == [], "It was made without a key.")
    }

    @Test(arguments: [
        ("idempotency_key=", "idempotency_key length"), ("idempotency_key=a%2Cb", "idempotency_key format"),
        ("idempotency_key=a+b", "idempotency_key format"), ("idempotency_key=%C3%A9", "idempotency_key format"),
        ("idempotency_key=%00", "idempotency_key control-character"),
        ("idempotency_key=\(String(repeating: "k", count: 256))", "idempotency_key length"),
        ("idempotency_key=a&idempotency_key=a", "idempotency_key format"),
        ("correlation_id=", "correlation_id length"), ("correlation_id=a%20b", "correlation_id format"),
        ("correlation_id=\(String(repeating: "c", count: 129))", "correlation_id length"),
    ])
    func `what can be no key and no correlation id is refused`(query: String, violation: String) throws {
        let harness = try ServiceHarness(customers: "http://127.0.0.1:1")
        let reply = harness.client.get("\(Self.path)?\(query)")
        #expect(reply.status == 422 && reply.violations == [violation], "\(reply)")
    }

    @Test func `an order is found after its key has expired and its customer was erased`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url)
        let product = try harness.product("chair")
        let id = harness.order(customers.ana, [(product, 1)], key: "gone").id
        try harness.database.change("DELETE FROM idempotency_keys")
        #expect(customers.client.patch("/admin/customers/erase/\(customers.ana)").status == 200)
        harness.app.erasures.run(graceSeconds: 0)
        let found = made(by: "gone", harness.client)
        #expect(found.ids == [id])
        #expect(found.data.array?.first?["customer"] == .null)
    }

    @Test func `a row keeps digests, the key's as log lines show it, and one of an older program's has none`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url)
        let product = try harness.product("chair")
        let id = harness.order(customers.ana, [(product, 1)], key: "secret-key").id
        // printf %s secret-key | sha256sum
        let sum = "85dbe15d75ef9308"
        #expect(Hex.encode(TextDigest.bytes(of: "secret-key")) == sum)
        let digest = try harness.database.read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.queryFirst("SELECT key_digest FROM orders WHERE id = \(id)") {
                (row) throws(DatabaseError) in try row.bytes("key_digest")
            }
        }
        #expect(digest.map(Hex.encode) == sum)
        #expect(try harness.database.stored(["secret-key"]) == ["idempotency_keys.idempotency_key: secret-key"])
        try harness.database.change(
            """
            INSERT INTO orders (version, customer_id, customer_name, customer_email, customer_phone, status, total_cents,
                created_at)
            VALUES (1, 1, 'Ana', 'ana@example.com', '555', 'CREATED', 1000, NOW(6))
            """)
        #expect(harness.client.get(Self.path).ids.count == 2)
        #expect(made(by: "secret-key", harness.client).ids == [id])
    }
}
