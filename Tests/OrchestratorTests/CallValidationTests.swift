import HTTPMessages
import JSON
import ScriptedServer
import ServiceTesting
import Testing

/// What the orchestrator decides before it asks anybody.
@Suite struct CallValidationTests {
    /// No Orders API is there: whoever is asked answers 503.
    private func room(_ settings: [String: String] = [:]) throws -> RoomHarness {
        try RoomHarness(orders: "http://127.0.0.1:1", settings)
    }

    private func expectProblem(
        _ reply: Reply, _ status: Int, _ code: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(reply.status == status, "\(reply)", sourceLocation: sourceLocation)
        #expect(reply.code == code, sourceLocation: sourceLocation)
        #expect(reply.json["success"] == .bool(false), sourceLocation: sourceLocation)
        #expect(
            reply.json["correlationId"]?.string == reply.headers["X-Correlation-Id"], sourceLocation: sourceLocation)
        #expect(reply.json["correlationId"]?.string?.isEmpty == false, sourceLocation: sourceLocation)
    }

    @Test func `everything wrong with a call is said at once`() throws {
        let reply = try room().client.post(
            RoomHarness.path,
            #"{"customer_id":"1","items":[{"product_id":1,"qty":0},{"qty":1.5}],"idempotency_key":"k","correlation_id":""}"#
        )
        expectProblem(reply, 422, "validation-failed")
        #expect(
            reply.violations.sorted() == [
                "/correlation_id format", "/customer_id type", "/items/0/qty range", "/items/1/product_id required",
                "/items/1/qty range",
            ])
        let types = try room().client.post(
            RoomHarness.path, #"{"customer_id":1,"items":[],"idempotency_key":5,"correlation_id":7}"#)
        expectProblem(types, 422, "validation-failed")
        #expect(
            types.violations.sorted() == ["/correlation_id type", "/idempotency_key type", "/items empty"], "\(types)")
    }

    @Test func `the key may come in the body, in a header, or in both alike`() throws {
        let room = try room()
        let withKey = callBody(1, [(1, 1)], key: "key-1")
        let without = callBody(1, [(1, 1)], key: nil)
        // Past the key's examination, the Orders API is missing.
        expectProblem(room.client.post(RoomHarness.path, withKey), 503, "orders-unavailable")
        expectProblem(room.client.with(key: "key-1").post(RoomHarness.path, without), 503, "orders-unavailable")
        expectProblem(room.client.with(key: "key-1").post(RoomHarness.path, withKey), 503, "orders-unavailable")
        expectProblem(room.client.with(key: "other").post(RoomHarness.path, withKey), 400, "idempotency-key-mismatch")
        expectProblem(room.client.post(RoomHarness.path, without), 400, "idempotency-key-missing")
    }

    @Test(arguments: ["", "a b", "clé", String(repeating: "k", count: 256)])
    func `a text that is no key is refused, wherever it stands`(key: String) throws {
        let room = try room()
        expectProblem(
            room.client.post(RoomHarness.path, callBody(1, [(1, 1)], key: key)), 400, "invalid-idempotency-key")
        expectProblem(
            room.client.with(key: key).post(RoomHarness.path, callBody(1, [(1, 1)], key: nil)), 400,
            "invalid-idempotency-key")
    }

    @Test func `the correlation id comes from the body, the header, or is made`() throws {
        let room = try room()
        let body = callBody(1, [(1, 1)], key: "k", correlationID: "from-body")
        #expect(room.client.post(RoomHarness.path, body).json["correlationId"] == .string("from-body"))
        let both = room.client.with("X-Correlation-Id", "from-header").post(RoomHarness.path, body)
        #expect(both.json["correlationId"] == .string("from-body"))
        #expect(both.headers.values(of: "X-Correlation-Id") == ["from-body"])
        let header = room.client.with("X-Correlation-Id", "from-header")
            .post(RoomHarness.path, callBody(1, [(1, 1)], key: "k"))
        #expect(header.json["correlationId"] == .string("from-header"))
        #expect(header.headers["X-Correlation-Id"] == "from-header")
        expectProblem(room.client.post(RoomHarness.path, callBody(1, [(1, 1)], key: "k")), 503, "orders-unavailable")
    }

    @Test func `problems before the operation carry the two members as well`() throws {
        let room = try room(["API_TOKEN": RoomTokens.api])
        expectProblem(room.client.post(RoomHarness.path, "{}"), 401, "unauthorized")
        expectProblem(room.client.get("/nowhere"), 404, "route-not-found")
        expectProblem(room.client.get(RoomHarness.path), 405, "method-not-allowed")
        let authorized = room.client.with(token: RoomTokens.api)
        expectProblem(authorized.post(RoomHarness.path, "{"), 400, "malformed-json")
        expectProblem(authorized.post(RoomHarness.path, "[]"), 400, "body-not-object")
        expectProblem(authorized.post(RoomHarness.path), 400, "body-not-object")
        expectProblem(
            authorized.with("Content-Type", "text/plain").post(RoomHarness.path, "{}"), 415, "unsupported-media-type")
        expectProblem(
            authorized.with("X-Request-Timeout-Ms", "0").post(RoomHarness.path, "{}"), 400, "invalid-header")
    }

    @Test func `without the token nobody is asked`() throws {
        let server = try ScriptedServer { $0.waitForEnd() }
        defer { server.stop() }
        let room = try RoomHarness(orders: server.url, ["API_TOKEN": RoomTokens.api])
        for client in [room.client, room.client.with(token: "wrong")] {
            let reply = client.post(RoomHarness.path, callBody(1, [(1, 1)], key: "k"))
            expectProblem(reply, 401, "unauthorized")
            #expect(reply.headers["WWW-Authenticate"] == "Bearer")
        }
        #expect(server.acceptedCount == 0)
    }
}
