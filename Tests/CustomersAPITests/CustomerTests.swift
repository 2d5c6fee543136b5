import BlockingTesting
import HTTPMessages
import JSON
import ServiceTesting
import Testing

@Suite(.blocking) struct CustomerTests {
    static let members = [
        "id", "name", "email", "phone", "identity_card", "address", "is_active", "created_at", "updated_at",
    ]

    @Test func `a customer is made as the contract writes it`() throws {
        let harness = try ServiceHarness()
        let reply = harness.client.post(
            "/admin/customers/create-customer",
            #"{"name":"Ana Tórres","email":"ana@example.com","phone":"+593 99 123 4567","identity_card":"1710034065","#
                + #""address":"Av. Amazonas 1","nickname":"ignored"}"#)
        #expect(reply.status == 201, "\(reply)")
        #expect(reply.headers["Location"] == "/admin/customers/find-one/\(reply.id)")
        #expect(reply.headers["Content-Type"] == "application/json")
        #expect(reply.json.names == ["data"])
        #expect(reply.data.names == CustomerTests.members)
        #expect(reply.data["name"] == .string("Ana Tórres"))
        #expect(reply.data["email"] == .string("ana@example.com"))
        #expect(reply.data["phone"] == .string("+593 99 123 4567"))
        #expect(reply.data["identity_card"] == .string("1710034065"))
        #expect(reply.data["address"] == .string("Av. Amazonas 1"))
        #expect(reply.data["is_active"] == .bool(true))
        #expect(reply.data["created_at"] == reply.data["updated_at"])
        #expect(reply.data["created_at"]?.string?.hasSuffix("Z") == true)
        let found = harness.client.get("/admin/customers/find-one/\(reply.id)")
        #expect(found.status == 200)
        #expect(found.data == reply.data)
    }

    @Test func `what is optional is null where it was not given`() throws {
        let harness = try ServiceHarness()
        let reply = harness.create("ana")
        #expect(reply.data.names == CustomerTests.members)
        #expect(reply.data["identity_card"] == .null)
        #expect(reply.data["address"] == .null)
    }

    @Test(arguments: ["0", "-1", "+1", "abc", "1.0", "9223372036854775808", "99", "%20"])
    func `an id that names nothing is not found`(id: String) throws {
        let harness = try ServiceHarness()
        #expect(try harness.customer("ana") == 1)
        for reply in [
            harness.client.get("/admin/customers/find-one/\(id)"),
            harness.client.patch("/admin/customers/update/\(id)", "{}"),
            harness.client.patch("/admin/customers/logic-delete/\(id)"),
        ] {
            #expect(reply.status == 404, "\(reply)")
            #expect(reply.code == "customer-not-found")
        }
    }

    @Test func `a patch changes what it names and leaves the rest`() throws {
        let harness = try ServiceHarness()
        let id = try harness.customer("ana", identityCard: "17")
        let before = harness.client.get("/admin/customers/find-one/\(id)").data
        let reply = harness.client.patch("/admin/customers/update/\(id)", #"{"name":"Ana","address":"Quito"}"#)
        #expect(reply.status == 200, "\(reply)")
        #expect(reply.data["name"] == .string("Ana"))
        #expect(reply.data["address"] == .string("Quito"))
        for name in ["id", "email", "phone", "identity_card", "is_active", "created_at"] {
            #expect(reply.data[name] == before[name])
        }
        #expect((reply.data["updated_at"]?.string ?? "") > (before["updated_at"]?.string ?? ""))
        #expect(harness.client.get("/admin/customers/find-one/\(id)").data == reply.data)
    }

    @Test func `null in a patch removes what can be removed`() throws {
        let harness = try ServiceHarness()
        let id = try harness.customer("ana", identityCard: "17")
        let reply = harness.client.patch("/admin/customers/update/\(id)", #"{"identity_card":null,"address":null}"#)
        #expect(reply.status == 200, "\(reply)")
        #expect(reply.data["identity_card"] == .null)
        let other = harness.create("eva", identityCard: "17")
        #expect(other.status == 201, "The number is free again: \(other)")
    }

    @Test func `null for what a customer must have is refused, all at once`() throws {
        let harness = try ServiceHarness()
        let id = try harness.customer("ana")
        let reply = harness.client.patch(
            "/admin/customers/update/\(id)", #"{"name":null,"email":null,"phone":null,"is_active":null,"address":1}"#)
        #expect(reply.status == 422)
        #expect(reply.violations == ["/name type", "/email type", "/phone type", "/address type", "/is_active type"])
        #expect(harness.client.get("/admin/customers/find-one/\(id)").data["name"] == .string("ana"))
    }

    @Test func `an empty patch changes nothing, not even the time of the last change`() throws {
        let harness = try ServiceHarness()
        let id = try harness.customer("ana")
        let before = harness.client.get("/admin/customers/find-one/\(id)").data
        #expect(harness.client.patch("/admin/customers/update/\(id)", "{}").data == before)
        #expect(harness.client.patch("/admin/customers/update/\(id)", #"{"name":"ana","x":1}"#).data == before)
        #expect(harness.client.get("/admin/customers/find-one/\(id)").data == before)
    }

    @Test func `another way to write a letter is a change, and another letter is another identity card`() throws {
        let harness = try ServiceHarness()
        let id = try harness.customer("ana")
        let composed = "R\u{E9}n\u{E9}"
        let decomposed = "Re\u{301}ne\u{301}"
        for name in [composed, decomposed] {
            _ = harness.client.patch(
                "/admin/customers/update/\(id)", #"{"name":"\#(name)","identity_card":"\#(name)"}"#)
            let kept = harness.client.get("/admin/customers/find-one/\(id)").data["name"]?.string ?? ""
            #expect(Array(kept.utf8) == Array(name.utf8))
        }
        let other = try harness.customer("bea")
        let reply = harness.client.patch("/admin/customers/update/\(other)", #"{"identity_card":"Rene"}"#)
        #expect(reply.status == 200, "\(reply)")
    }

    @Test func `deactivating twice is deactivating once`() throws {
        let harness = try ServiceHarness()
        let id = try harness.customer("ana")
        let first = harness.client.patch("/admin/customers/logic-delete/\(id)")
        #expect(first.status == 200, "\(first)")
        #expect(first.data["is_active"] == .bool(false))
        #expect(first.data.names == CustomerTests.members)
        let second = harness.client.patch("/admin/customers/logic-delete/\(id)")
        #expect(second.status == 200)
        #expect(second.data == first.data)
        let back = harness.client.patch("/admin/customers/update/\(id)", #"{"is_active":true}"#)
        #expect(back.data["is_active"] == .bool(true))
    }

    @Test func `an e-mail address belongs to one customer, in any case`() throws {
        let harness = try ServiceHarness()
        _ = try harness.customer("ana")
        let eva = try harness.customer("eva")
        let made = harness.create("other", email: "ANA@example.com")
        #expect(made.status == 409, "\(made)")
        #expect(made.code == "email-taken")
        let changed = harness.client.patch("/admin/customers/update/\(eva)", #"{"email":"ana@example.com"}"#)
        #expect(changed.status == 409, "\(changed)")
        #expect(changed.code == "email-taken")
        #expect(harness.client.get("/admin/customers/find-one/\(eva)").data["email"] == .string("eva@example.com"))
        #expect(try harness.count == 2)
    }

    @Test func `who has an e-mail address or an identity card is named, and that they are inactive`() throws {
        let harness = try ServiceHarness()
        let ana = try harness.customer("ana", identityCard: "17")
        let eva = try harness.customer("eva")
        for isActive in [true, false] {
            if !isActive { #expect(harness.client.patch("/admin/customers/logic-delete/\(ana)").status == 200) }
            for reply in [
                harness.create("other", email: "Ana@example.com"), harness.create("other", identityCard: "17"),
                harness.client.patch("/admin/customers/update/\(eva)", #"{"email":"ana@example.com"}"#),
                harness.client.patch("/admin/customers/update/\(eva)", #"{"identity_card":"17"}"#),
            ] {
                #expect(reply.status == 409, "\(reply)")
                #expect(
                    reply.json["customer"]
                        == .object(JSONObject([("id", .integer(ana)), ("is_active", .bool(isActive))])))
                let detail = try #require(reply.json["detail"]?.string)
                #expect(detail.contains("Customer \(ana)") && detail.contains("deactivated") != isActive, "\(detail)")
            }
        }
    }

    @Test func `an identity card belongs to one customer`() throws {
        let harness = try ServiceHarness()
        _ = try harness.customer("ana", identityCard: "17")
        let eva = try harness.customer("eva")
        let made = harness.create("other", identityCard: "17")
        #expect(made.status == 409)
        #expect(made.code == "identity-card-taken")
        let changed = harness.client.patch("/admin/customers/update/\(eva)", #"{"identity_card":"17"}"#)
        #expect(changed.status == 409)
        #expect(changed.code == "identity-card-taken")
        #expect(try harness.count == 2)
    }

    @Test func `of two who ask for one e-mail address at once, one gets it`() throws {
        let harness = try ServiceHarness()
        for round in 0..<10 {
            let replies = try inParallel(2) { number in
                harness.create("racer\(number)", email: "round\(round)@example.com")
            }
            #expect(replies.map(\.status).sorted() == [201, 409], "\(replies)")
            #expect(replies.contains { $0.code == "email-taken" })
        }
        #expect(try harness.count == 10)
    }
}
