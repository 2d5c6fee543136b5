import BlockingTesting
import HTTPMessages
import JSON
import ServiceTesting
import Testing

@Suite(.blocking) struct CustomerAccessTests {
    static let adminCalls: [(String, @Sendable (ApplicationClient) -> Reply)] = [
        ("create", { $0.post("/admin/customers/create-customer", newCustomer("eva", email: "eva@example.com")) }),
        ("list", { $0.get("/admin/customers/find-all") }),
        ("get", { $0.get("/admin/customers/find-one/1") }),
        ("update", { $0.patch("/admin/customers/update/1", #"{"name":"x"}"#) }),
        ("deactivate", { $0.patch("/admin/customers/logic-delete/1") }),
    ]

    @Test func `with an API token set, nothing of admin is answered without it`() throws {
        let harness = try ServiceHarness(["API_TOKEN": TestTokens.api])
        let authorized = harness.client.with(token: TestTokens.api)
        #expect(
            authorized.post("/admin/customers/create-customer", newCustomer("ana", email: "ana@example.com")).id == 1)
        for (name, call) in Self.adminCalls {
            for client in [
                harness.client, harness.client.with(token: "wrong"), harness.client.with(token: ""),
                harness.client.with("Authorization", TestTokens.api),
                harness.client.with("Authorization", "Basic \(TestTokens.api)"),
                harness.client.with(token: TestTokens.api).with(token: "second"),
            ] {
                let reply = call(client)
                #expect(reply.status == 401, "\(name): \(reply)")
                #expect(reply.code == "unauthorized")
                #expect(reply.headers["WWW-Authenticate"] == "Bearer")
            }
        }
        #expect(try harness.count == 1)
        for (name, call) in Self.adminCalls {
            let reply = call(authorized)
            #expect(reply.status < 300, "\(name): \(reply)")
            #expect(call(harness.client.with(token: TestTokens.service)).status != 401)
        }
    }

    @Test func `without an API token, admin is open and the internal route is not`() throws {
        let harness = try ServiceHarness()
        let id = try harness.customer("ana")
        let path = "/admin/customers/internal/customers/\(id)"
        for client in [harness.client, harness.client.with(token: "wrong")] {
            let reply = client.get(path)
            #expect(reply.status == 401, "\(reply)")
            #expect(!String(describing: reply).contains("ana"))
        }
        let reply = harness.client.with(token: TestTokens.service).get(path)
        #expect(reply.status == 200)
        #expect(reply.data.names == CustomerTests.members)
        #expect(reply.data == harness.client.get("/admin/customers/find-one/\(id)").data)
    }

    @Test func `who has no token is told the same whether the customer exists or not`() throws {
        let harness = try ServiceHarness(["API_TOKEN": TestTokens.api])
        _ = harness.client.with(token: TestTokens.api)
            .post("/admin/customers/create-customer", newCustomer("ana", email: "ana@example.com"))
        for token in ["wrong", TestTokens.api] {
            let client = harness.client.with(token: token)
            let known = client.get("/admin/customers/internal/customers/1")
            let unknown = client.get("/admin/customers/internal/customers/2")
            #expect(known.status == 401)
            #expect(unknown.status == 401)
            #expect(known.json["detail"] == unknown.json["detail"])
            #expect(known.json.names == unknown.json.names)
        }
    }

    @Test func `while service tokens are rotated both are accepted`() throws {
        let harness = try ServiceHarness(["SERVICE_TOKEN": "new-token-of-the-tests, old-token-of-the-tests"])
        let id = try harness.customer("ana")
        for token in ["new-token-of-the-tests", "old-token-of-the-tests"] {
            #expect(harness.client.with(token: token).get("/admin/customers/internal/customers/\(id)").status == 200)
        }
        let both = harness.client.with(token: "new-token-of-the-tests, old-token-of-the-tests").get(
            "/admin/customers/internal/customers/\(id)")
        #expect(both.status == 401)
    }
}
