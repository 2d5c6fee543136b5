import BlockingTesting
import HTTPMessages
import MySQL
import ServiceTesting
import Testing

@Suite(.blocking) struct CustomerIdempotencyTests {
    static let path = "/admin/customers/create-customer"

    @Test func `a repetition is answered with the first answer, byte for byte`() throws {
        let harness = try ServiceHarness()
        let first = harness.create("ana", key: "key-1")
        #expect(first.status == 201)
        #expect(!first.isReplay)
        let changed = harness.client.patch("/admin/customers/update/\(first.id)", #"{"name":"changed since"}"#)
        #expect(changed.status == 200)
        let second = harness.create("ana", key: "key-1")
        #expect(second.status == 201)
        #expect(second.isReplay)
        #expect(second.body == first.body)
        #expect(second.headers["Location"] == first.headers["Location"])
        #expect(second.headers["Content-Type"] == "application/json")
        #expect(try harness.count == 1)
    }

    @Test func `a key belongs to its caller`() throws {
        let harness = try ServiceHarness([
            "API_TOKEN": "token-of-everybody", "API_TOKENS": "acme=token-of-the-acme-shop",
        ])
        let everybody = harness.client.with(token: "token-of-everybody").with(key: "key-1")
        let acme = harness.client.with(token: "token-of-the-acme-shop").with(key: "key-1")
        let first = everybody.post(Self.path, newCustomer("ana", email: "ana@example.com"))
        let second = acme.post(Self.path, newCustomer("eva", email: "eva@example.com"))
        #expect(first.status == 201 && second.status == 201, "\(first) \(second)")
        #expect(first.id != second.id)
        for (client, id) in [(everybody, first.id), (acme, second.id)] {
            let name = id == first.id ? "ana" : "eva"
            let again = client.post(Self.path, newCustomer(name, email: "\(name)@example.com"))
            #expect(again.isReplay && again.id == id, "\(again)")
        }
        #expect(try harness.count == 2)
    }

    @Test func `the same key with another payload is refused`() throws {
        let harness = try ServiceHarness()
        _ = harness.create("ana", key: "key-1")
        let other = harness.create("eva", key: "key-1")
        #expect(other.status == 422, "\(other)")
        #expect(other.code == "idempotency-key-reused")
        let invalid = harness.client.with(key: "key-1").post(Self.path, "{}")
        #expect(invalid.code == "idempotency-key-reused", "The key decides before the payload is looked at.")
        #expect(try harness.count == 1)
    }

    @Test func `the same payload written otherwise is a repetition`() throws {
        let harness = try ServiceHarness()
        let client = harness.client.with(key: "key-1")
        let first = client.post(Self.path, #"{"name":"ana","email":"a@b.com","phone":"555"}"#)
        let second = client.post(
            Self.path,
            " {\"phone\" : \"555\",\n \"email\":\"a@b\\u002ecom\",\"name\":\"ana\"}")
        #expect(first.status == 201, "\(first)")
        #expect(second.isReplay, "\(second)")
        #expect(second.body == first.body)
    }

    @Test func `what the operation does not read tells no two requests apart`() throws {
        let harness = try ServiceHarness()
        let client = harness.client.with(key: "key-1")
        let first = client.post(Self.path, #"{"name":"ana","email":"a@b.com","phone":"555","sent_at":1}"#)
        #expect(first.status == 201, "\(first)")
        for body in [
            #"{"name":"ana","email":"a@b.com","phone":"555","sent_at":2}"#,
            #"{"name":"ana","email":"a@b.com","phone":"555"}"#,
            #"{"name":"ana","email":"a@b.com","phone":"555","address":null,"identity_card":null,"is_active":false}"#,
        ] {
            let again = client.post(Self.path, body)
            #expect(again.isReplay, "\(body): \(again)")
            #expect(again.body == first.body)
        }
        for body in [
            #"{"name":"ana","email":"a@b.com","phone":"555","address":"Quito"}"#,
            #"{"name":"Ana","email":"a@b.com","phone":"555"}"#, #"{"name":"ana","email":"a@b.com"}"#,
            #"{"name":"ana","email":"a@b.com","phone":555}"#,
        ] {
            #expect(client.post(Self.path, body).code == "idempotency-key-reused", "\(body)")
        }
    }

    @Test func `in a merge patch null is not the same as nothing`() throws {
        let harness = try ServiceHarness()
        let path = "/admin/customers/update/\(try harness.customer("ana"))"
        let client = harness.client.with(key: "key-1")
        #expect(client.patch(path, #"{"phone":"555","address":null,"x":1}"#).status == 200)
        #expect(client.patch(path, #"{"address":null,"phone":"555","x":2}"#).isReplay)
        #expect(client.patch(path, #"{"phone":"555"}"#).code == "idempotency-key-reused")
        #expect(client.patch(path, #"{"phone":"555","address":null,"name":"ana"}"#).code == "idempotency-key-reused")
    }

    @Test func `what is not found is not kept under its key`() throws {
        let harness = try ServiceHarness()
        let missing = try harness.customer("ana") + 1
        for path in ["/admin/customers/update/\(missing)", "/admin/customers/logic-delete/\(missing)"] {
            let reply = harness.client.with(key: "key-1").patch(path, path.contains("update") ? "{}" : "")
            #expect(reply.status == 404, "\(reply)")
        }
        #expect(try harness.keyCount == 0)
        #expect(try harness.customer("eva") == missing)
        let reply = harness.client.with(key: "key-1").patch("/admin/customers/update/\(missing)", "{}")
        #expect(reply.status == 200, "\(reply)")
        #expect(!reply.isReplay)
    }

    @Test func `keys differ by case, and by the operation and the resource they serve`() throws {
        let harness = try ServiceHarness()
        let ana = harness.create("ana", key: "key").id
        let eva = harness.create("eva", key: "KEY")
        #expect(eva.status == 201, "\(eva)")
        #expect(!eva.isReplay)
        let client = harness.client.with(key: "key")
        for id in [ana, eva.id] {
            let updated = client.patch("/admin/customers/update/\(id)", #"{"address":"Quito"}"#)
            #expect(updated.status == 200)
            #expect(!updated.isReplay)
            let deactivated = client.patch("/admin/customers/logic-delete/\(id)")
            #expect(!deactivated.isReplay)
            #expect(client.patch("/admin/customers/logic-delete/\(id)").isReplay)
        }
    }

    @Test(arguments: [
        "", " ", "a b", "clé", "tab\there", "\"", "\"\"", "\"open", "\"a\"b", "\"a\\b\"",
        String(repeating: "k", count: 256),
    ])
    func `a text that is no key is refused, and nothing is written`(key: String) throws {
        let harness = try ServiceHarness()
        let reply = harness.create("ana", key: key)
        #expect(reply.status == 400, "\(reply)")
        #expect(reply.code == "invalid-idempotency-key")
        #expect(try harness.count == 0)
    }

    @Test func `the longest key is a key`() throws {
        let harness = try ServiceHarness()
        let key = String(repeating: "k", count: 255)
        #expect(harness.create("ana", key: key).status == 201)
        #expect(harness.create("ana", key: key).isReplay)
    }

    @Test func `both headers name the key, plain or in quotation marks`() throws {
        let harness = try ServiceHarness()
        let body = newCustomer("ana", email: "ana@example.com")
        #expect(harness.client.with("Idempotency-Key", "\"key-1\"").post(Self.path, body).status == 201)
        #expect(harness.client.with("Idempotency-Key", "key-1").post(Self.path, body).isReplay)
        #expect(harness.client.with(key: "key-1").post(Self.path, body).isReplay)
        #expect(
            harness.client.with(key: "\"key\\\"1\"").post(Self.path, body).status == 409,
            "Another key: the address is taken.")
        #expect(harness.client.with(key: "key\"1").post(Self.path, body).isReplay)
        #expect(harness.client.with(key: "key-1").with("Idempotency-Key", "\"key-1\"").post(Self.path, body).isReplay)
    }

    @Test func `two headers that differ are refused`() throws {
        let harness = try ServiceHarness()
        let body = newCustomer("ana", email: "ana@example.com")
        for client in [
            harness.client.with(key: "a").with("Idempotency-Key", "b"), harness.client.with(key: "a").with(key: "b"),
        ] {
            let reply = client.post(Self.path, body)
            #expect(reply.status == 400)
            #expect(reply.code == "idempotency-key-mismatch")
        }
        #expect(try harness.count == 0)
    }

    @Test func `a final refusal is kept under its key`() throws {
        let harness = try ServiceHarness()
        let ana = try harness.customer("ana")
        let first = harness.create("other", email: "ana@example.com", key: "key-1")
        #expect(first.status == 409)
        #expect(harness.client.patch("/admin/customers/update/\(ana)", #"{"email":"new@example.com"}"#).status == 200)
        let second = harness.create("other", email: "ana@example.com", key: "key-1")
        #expect(second.status == 409, "The address is free by now, but the answer stands: \(second)")
        #expect(second.isReplay)
        #expect(second.body == first.body)
        #expect(second.headers["Content-Type"] == "application/problem+json")
        #expect(harness.create("other", email: "ana@example.com", key: "key-2").status == 201)
    }

    @Test func `a mistake in the payload is not kept under its key`() throws {
        let harness = try ServiceHarness()
        let refused = harness.client.with(key: "key-1").post(Self.path, "{}")
        #expect(refused.code == "validation-failed")
        #expect(try harness.keyCount == 0)
        #expect(harness.create("ana", key: "key-1").status == 201)
    }

    @Test func `a key that has expired serves anew`() throws {
        let harness = try ServiceHarness()
        #expect(harness.create("ana", key: "key-1").status == 201)
        try harness.database.change("UPDATE idempotency_keys SET expires_at = '2000-01-01 00:00:00'")
        let reply = harness.create("eva", key: "key-1")
        #expect(reply.status == 201, "\(reply)")
        #expect(!reply.isReplay)
        #expect(harness.create("eva", key: "key-1").isReplay)
        #expect(try harness.count == 2)
        #expect(try harness.keyCount == 1)
    }

    @Test func `a key is kept as long as it is configured`() throws {
        let harness = try ServiceHarness(["IDEMPOTENCY_TTL_HOURS": "48"])
        _ = harness.create("ana", key: "key-1")
        let hours = try harness.database.number(
            "SELECT TIMESTAMPDIFF(HOUR, created_at, expires_at) FROM idempotency_keys")
        #expect(hours == 48)
    }
}
