import HTTPMessages
import JSON
import ServiceTesting
import Testing

@Suite struct CustomerAccessTests {
    static let adminCalls: [(String, @Sendable (RoomClient) -> Reply)] = [
        ("create", { $0.post("/admin/customers/create-customer", newCustomer("eva", email: "eva@example.com")) }),
        ("list", { $0.get("/admin/customers/find-all") }),
        ("get", { $0.get("/admin/customers/find-one/1") }),
        ("update", { $0.patch("/admin/customers/update/1", #"{"name":"x"}"#) }),
        ("deactivate", { $0.patch("/admin/customers/logic-delete/1") }),
    ]

    @Test func `with an API token set, nothing of admin is answered without it`() throws {
        let room = try RoomHarness(["API_TOKEN": RoomTokens.api])
        let authorized = room.client.with(token: RoomTokens.api)
        #expect(
            authorized.post("/admin/customers/create-customer", newCustomer("ana", email: "ana@example.com")).id == 1)
        for (name, call) in Self.adminCalls {
            for client in [
                room.client, room.client.with(token: "wrong"), room.client.with(token: ""),
                room.client.with("Authorization", RoomTokens.api),
                room.client.with("Authorization", "Basic \(RoomTokens.api)"),
                room.client.with(token: RoomTokens.api).with(token: "second"),
            ] {
                let reply = call(client)
                #expect(reply.status == 401, "\(name): \(reply)")
                #expect(reply.code == "unauthorized")
                #expect(reply.headers["WWW-Authenticate"] == "Bearer")
            }
        }
        #expect(try room.count == 1)
        for (name, call) in Self.adminCalls {
            let reply = call(authorized)
            #expect(reply.status < 300, "\(name): \(reply)")
            #expect(call(room.client.with(token: RoomTokens.service)).status != 401)
        }
    }

    @Test func `without an API token, admin is open and the internal route is not`() throws {
        let room = try RoomHarness()
        let id = try room.customer("ana")
        let path = "/admin/customers/internal/customers/\(id)"
        for client in [room.client, room.client.with(token: "wrong")] {
            let reply = client.get(path)
            #expect(reply.status == 401, "\(reply)")
            #expect(!String(describing: reply).contains("ana"))
        }
        let reply = room.client.with(token: RoomTokens.service).get(path)
        #expect(reply.status == 200)
        #expect(reply.data.names == CustomerTests.members)
        #expect(reply.data == room.client.get("/admin/customers/find-one/\(id)").data)
    }

    @Test func `who has no token is told the same whether the customer exists or not`() throws {
        let room = try RoomHarness(["API_TOKEN": RoomTokens.api])
        _ = room.client.with(token: RoomTokens.api)
            .post("/admin/customers/create-customer", newCustomer("ana", email: "ana@example.com"))
        for token in ["wrong", RoomTokens.api] {
            let client = room.client.with(token: token)
            let known = client.get("/admin/customers/internal/customers/1")
            let unknown = client.get("/admin/customers/internal/customers/2")
            #expect(known.status == 401)
            #expect(unknown.status == 401)
            #expect(known.json["detail"] == unknown.json["detail"])
            #expect(known.json.names == unknown.json.names)
        }
    }

    @Test func `while service tokens are rotated both are accepted`() throws {
        let room = try RoomHarness(["SERVICE_TOKEN": "new-token-of-the-tests, old-token-of-the-tests"])
        let id = try room.customer("ana")
        for token in ["new-token-of-the-tests", "old-token-of-the-tests"] {
            #expect(room.client.with(token: token).get("/admin/customers/internal/customers/\(id)").status == 200)
        }
        let both = room.client.with(token: "new-token-of-the-tests, old-token-of-the-tests").get(
            "/admin/customers/internal/customers/\(id)")
        #expect(both.status == 401)
    }
}
