import BlockingTesting
import Concurrency
import DatabaseTesting
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing
import WordSearch

@testable import CustomersAPI

@Suite(.blocking) struct CustomerErasureTests {
    /// What no row may hold afterwards, in the parts that an index makes of it.
    private static let planted = [
        "zebedaea", "quillfeather", "zq.7f3a", "zq7f3a", "plant.example", "plantexample", "7654321", "0911223344",
        "lighthouse",
    ]
    private static let body =
        #"""
        {"name":"Zebedaea Quillfeather","email":"zq.7f3a@plant.example","phone":"+593 98 7654321",
        "identity_card":"0911223344","address":"Lighthouse Road 9"}
        """#

    private func create(_ harness: ServiceHarness, key: String = "create") -> Reply {
        harness.client.with(key: key).post("/admin/customers/create-customer", Self.body)
    }

    private func erase(_ harness: ServiceHarness, _ id: Int64) -> Reply {
        harness.client.patch("/admin/customers/erase/\(id)")
    }

    private func expectErased(_ data: JSONValue) {
        for member in ["name", "email", "phone", "identity_card", "address"] {
            #expect(data[member] == .null, "\(member): \(data)")
        }
    }

    @Test func `an erased customer is a number, and is found by nothing else`() throws {
        let harness = try ServiceHarness()
        let id = create(harness).id
        let reply = erase(harness, id)
        #expect(reply.status == 200, "\(reply)")
        expectErased(reply.data)
        #expect(reply.data["is_active"] == .bool(false))
        #expect(reply.data["erased_at"] == reply.data["updated_at"])
        #expect(harness.client.get("/admin/customers/find-one/\(id)").data == reply.data)
        #expect(harness.client.get("/admin/customers/find-all").data == .array([reply.data]))
        for word in ["zebedaea", "quillfeather", "zq.7f3a@plant.example", "7654321", "0911223344", "erased"] {
            #expect(harness.client.get("/admin/customers/find-all?search=\(word)").ids == [], "\(word)")
        }
        let found = harness.client.with(token: TestTokens.service).get("/admin/customers/internal/customers/\(id)")
        #expect(found.data == reply.data)
        #expect(try harness.database.stored(Self.planted) == [])
    }

    @Test func `who is erased twice is erased once, and nothing of it can be changed`() throws {
        let harness = try ServiceHarness()
        let id = create(harness).id
        let first = erase(harness, id)
        let second = erase(harness, id)
        #expect(second.status == 200 && second.data == first.data, "\(second)")
        let stale = harness.client.with("If-Match", #""1""#).patch("/admin/customers/erase/\(id)")
        #expect(stale.code == "stale", "\(stale)")
        for reply in [
            harness.client.with(key: "late").patch("/admin/customers/update/\(id)", #"{"name":"Eva"}"#),
            harness.client.patch("/admin/customers/update/\(id)", #"{"is_active":true}"#),
            harness.client.patch("/admin/customers/logic-delete/\(id)"),
        ] {
            #expect(reply.status == 409 && reply.code == "customer-erased", "\(reply)")
        }
        let again = harness.client.with(key: "late").patch("/admin/customers/update/\(id)", #"{"name":"Eva"}"#)
        #expect(again.isReplay && again.code == "customer-erased")
        #expect(erase(harness, 999).code == "customer-not-found")
    }

    @Test func `whoever comes back is a new customer, however often`() throws {
        let harness = try ServiceHarness()
        var ids: Set<Int64> = []
        for round in 1...3 {
            let reply = create(harness, key: "round-\(round)")
            #expect(reply.status == 201, "\(reply)")
            ids.insert(reply.id)
            #expect(erase(harness, reply.id).status == 200)
        }
        #expect(ids.count == 3)
        #expect(try harness.database.stored(Self.planted) == [])
    }

    @Test func `keys that tell of an erased customer still stand for what was done, and tell nothing of them`() throws {
        let harness = try ServiceHarness([
            "API_TOKEN": "token-of-everybody", "API_TOKENS": "acme=token-of-the-acme-shop",
        ])
        let all = harness.client.with(token: "token-of-everybody")
        let acme = harness.client.with(token: "token-of-the-acme-shop")
        let id = acme.with(key: "c").post("/admin/customers/create-customer", Self.body).id
        let other = all.with(key: "o").post("/admin/customers/create-customer", newCustomer("eva", email: "e@b.com"))
        let patch = #"{"address":"Lighthouse Road 10"}"#
        #expect(all.with(key: "u").patch("/admin/customers/update/\(id)", patch).status == 200)
        #expect(acme.with(key: "u").patch("/admin/customers/update/\(id)", "{}").status == 200)
        #expect(all.with(key: "d").patch("/admin/customers/logic-delete/\(id)").status == 200)
        #expect(all.with(key: "e").patch("/admin/customers/erase/\(id)").status == 200)
        #expect(try harness.database.stored(Self.planted) == [])

        let created = acme.with(key: "c").post("/admin/customers/create-customer", Self.body)
        #expect(created.status == 201 && created.isReplay && created.id == id, "\(created)")
        #expect(created.headers["Location"] == "/admin/customers/find-one/\(id)")
        #expect(created.data["is_active"] == .bool(true), "As it was answered, but for the person.")
        let replays = [
            created, all.with(key: "u").patch("/admin/customers/update/\(id)", patch),
            acme.with(key: "u").patch("/admin/customers/update/\(id)", "{}"),
            all.with(key: "d").patch("/admin/customers/logic-delete/\(id)"),
            all.with(key: "e").patch("/admin/customers/erase/\(id)"),
        ]
        for reply in replays {
            #expect(reply.isReplay, "\(reply)")
            expectErased(reply.data)
        }
        #expect(
            all.with(key: "u").patch("/admin/customers/update/\(id)", #"{"name":"x"}"#).code
                == "idempotency-key-reused")
        let untouched = all.with(key: "o").post(
            "/admin/customers/create-customer", newCustomer("eva", email: "e@b.com"))
        #expect(untouched.isReplay && untouched.body == other.body)
        #expect(try harness.count == 2)
    }

    @Test func `the account, its sessions and registrations of the address end`() throws {
        let harness = try ServiceHarness()
        let id = create(harness).id
        for email in ["ZQ.7f3a@plant.example", "zq.7f3a@plant.example", "eva@b.com"] {
            try harness.database.change(
                """
                INSERT INTO registrations (id, email, name, phone, password_hash, language, created_at, expires_at)
                VALUES (RANDOM_BYTES(16), \(email), 'Zebedaea', '7654321', '', 'en', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
                """)
        }
        try harness.database.change(
            "INSERT INTO credentials (customer_id, password_hash, created_at) VALUES (\(id), '', UTC_TIMESTAMP(6))")
        try harness.database.change(
            """
            INSERT INTO sessions (id, customer_id, token_digest, created_at, expires_at)
            VALUES (RANDOM_BYTES(16), \(id), RANDOM_BYTES(32), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
            """)
        #expect(erase(harness, id).status == 200)
        #expect(try harness.database.number("SELECT COUNT(*) FROM credentials") == 0)
        #expect(try harness.database.number("SELECT COUNT(*) FROM sessions") == 0)
        #expect(try harness.database.number("SELECT COUNT(*) FROM registrations") == 1)
    }

    @Test func `rows whose words were never written get none`() throws {
        let harness = try ServiceHarness()
        let id = create(harness).id
        try harness.database.change("DELETE FROM customer_words")
        try harness.database.change("UPDATE customers SET has_words = FALSE")
        #expect(erase(harness, id).status == 200)
        _ = try harness.app.service.store.backfill(harness.database).run(by: .after(milliseconds: 10_000))
        #expect(try harness.database.number("SELECT COUNT(*) FROM customer_words") == 0)
    }

    @Test func `a walk over thousands of keys finds the one of the customer`() throws {
        let harness = try ServiceHarness()
        let id = create(harness, key: "m").id
        try harness.database.change(
            """
            INSERT INTO idempotency_keys (scope, idempotency_key, fingerprint, status_code, location, response_body,
                created_at, expires_at)
            SELECT scope, CONCAT(ELT(number MOD 2 + 1, 'a', 'z'), number), fingerprint, status_code,
                '/admin/customers/find-one/0', '{"data":{"id":0,"name":"Eva"}}', created_at, expires_at
            FROM idempotency_keys, \(SQL.numbers(below: 2500))
            """)
        #expect(erase(harness, id).status == 200)
        #expect(try harness.database.stored(Self.planted) == [])
        #expect(try harness.database.stored(["eva"]).count == 2500)
    }

    @Test func `a malformed request is refused, and one whose key is held is told so`() throws {
        let harness = try ServiceHarness()
        let id = create(harness).id
        let path = "/admin/customers/erase/\(id)"
        #expect(harness.client.with(key: "a b").patch(path).code == "invalid-idempotency-key")
        let list = harness.client.with(token: TestTokens.service).with("X-Request-Timeout-Ms", "soon")
        #expect(list.get("/admin/customers/internal/erased").code == "invalid-header")
        let held = try harness.database.transaction(by: .after(milliseconds: 30_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            try transaction.execute(
                """
                INSERT INTO idempotency_keys (scope, idempotency_key, fingerprint, status_code, response_body,
                    created_at, expires_at)
                SELECT CONCAT('eraseCustomer:', \(id)), 'held', fingerprint, status_code, response_body, created_at,
                    expires_at
                FROM idempotency_keys LIMIT 1
                """)
            return harness.client.with(key: "held").patch(path)
        }
        #expect(held.status == 409 && held.code == "idempotency-key-in-use", "\(held)")
        #expect(harness.client.get("/admin/customers/find-one/\(id)").data["name"] != .null)
    }

    @Test func `services read who was erased, the earliest first, page by page`() throws {
        let harness = try ServiceHarness()
        let path = "/admin/customers/internal/erased"
        let service = harness.client.with(token: TestTokens.service)
        let ids = try ["a", "b", "c"].map { try harness.customer($0) }
        let order = [ids[1], ids[2], ids[0]]
        for id in order { #expect(erase(harness, id).status == 200) }
        try harness.database.change(
            "UPDATE customers SET erased_at = '2026-01-01 00:00:00' WHERE id IN (\(ids[1]), \(ids[2]))")
        var (walked, target): ([Int64], String) = ([], "\(path)?limit=1")
        while true {
            let reply = service.get(target)
            #expect(reply.status == 200, "\(reply)")
            let rows = reply.data.array ?? []
            walked += rows.compactMap { $0["customer_id"]?.integer }
            guard reply.json["meta"]?["has_next"] == .bool(true), let last = rows.last else { break }
            let from = last["erased_at"]?.string ?? ""
            target = "\(path)?limit=1&from=\(from)&after_id=\(last["customer_id"]?.integer ?? 0)"
        }
        #expect(walked == order)
        #expect(service.get("\(path)?from=2100-01-01T00:00:00Z").data == .array([]))
        #expect(service.get("\(path)?from=yesterday&after_id=-1").violations == ["from format", "after_id range"])
        #expect(harness.client.get(path).status == 401)
    }
}
