import BlockingTesting
import HTTPMessages
import JSON
import ScriptedServer
import ServiceTesting
import Testing

/// What the orchestrator decides before it asks anybody.
@Suite(.blocking) struct CallValidationTests {
    /// No Orders API is there: whoever is asked answers 503.
    private func harness(_ settings: [String: String] = [:]) throws -> ServiceHarness {
        try ServiceHarness(orders: "http://127.0.0.1:1", settings)
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
        let reply = try harness().client.post(
            ServiceHarness.path,
            #"{"customer_id":"1","items":[{"product_id":1,"qty":0},{"qty":1.5}],"idempotency_key":"k","correlation_id":""}"#
        )
        expectProblem(reply, 422, "validation-failed")
        #expect(
            reply.violations.sorted() == [
                "/correlation_id format", "/customer_id type", "/items/0/qty range", "/items/1/product_id required",
                "/items/1/qty range",
            ])
        let types = try harness().client.post(
            ServiceHarness.path, #"{"customer_id":1,"items":[],"idempotency_key":5,"correlation_id":7}"#)
        expectProblem(types, 422, "validation-failed")
        #expect(
            types.violations.sorted() == ["/correlation_id type", "/idempotency_key type", "/items empty"], "\(types)")
    }

    @Test func `the key may come in the body, in a header, or in both alike`() throws {
        let harness = try harness()
        let withKey = callBody(1, [(1, 1)], key: "key-1")
        let without = callBody(1, [(1, 1)], key: nil)
        // Past the key's examination, the Orders API is missing.
        expectProblem(harness.client.post(ServiceHarness.path, withKey), 503, "orders-unavailable")
        expectProblem(harness.client.with(key: "key-1").post(ServiceHarness.path, without), 503, "orders-unavailable")
        expectProblem(harness.client.with(key: "key-1").post(ServiceHarness.path, withKey), 503, "orders-unavailable")
        expectProblem(
            harness.client.with(key: "other").post(ServiceHarness.path, withKey), 400, "idempotency-key-mismatch")
        expectProblem(harness.client.post(ServiceHarness.path, without), 400, "idempotency-key-missing")
    }

    @Test(arguments: ["", "a b", "clé", String(repeating: "k", count: 256)])
    func `a text that is no key is refused, wherever it stands`(key: String) throws {
        let harness = try harness()
        expectProblem(
            harness.client.post(ServiceHarness.path, callBody(1, [(1, 1)], key: key)), 400, "invalid-idempotency-key")
        expectProblem(
            harness.client.with(key: key).post(ServiceHarness.path, callBody(1, [(1, 1)], key: nil)), 400,
            "invalid-idempotency-key")
    }

    @Test func `the correlation id comes from the body, the header, or is made`() throws {
        let harness = try harness()
        let body = callBody(1, [(1, 1)], key: "k", correlationID: "from-body")
        #expect(harness.client.post(ServiceHarness.path, body).json["correlationId"] == .string("from-body"))
        let both = harness.client.with("X-Correlation-Id", "from-header").post(ServiceHarness.path, body)
        #expect(both.json["correlationId"] == .string("from-body"))
        #expect(both.headers.values(of: "X-Correlation-Id") == ["from-body"])
        let header = harness.client.with("X-Correlation-Id", "from-header")
            .post(ServiceHarness.path, callBody(1, [(1, 1)], key: "k"))
        #expect(header.json["correlationId"] == .string("from-header"))
        #expect(header.headers["X-Correlation-Id"] == "from-header")
        expectProblem(
            harness.client.post(ServiceHarness.path, callBody(1, [(1, 1)], key: "k")), 503, "orders-unavailable")
    }

    @Test func `problems before the operation carry the two members as well`() throws {
        let harness = try harness(["API_TOKEN": TestTokens.api])
        expectProblem(harness.client.post(ServiceHarness.path, "{}"), 401, "unauthorized")
        expectProblem(harness.client.get("/nowhere"), 404, "route-not-found")
        expectProblem(harness.client.get(ServiceHarness.path), 405, "method-not-allowed")
        let authorized = harness.client.with(token: TestTokens.api)
        expectProblem(authorized.post(ServiceHarness.path, "{"), 400, "malformed-json")
        expectProblem(authorized.post(ServiceHarness.path, "[]"), 400, "body-not-object")
        expectProblem(authorized.post(ServiceHarness.path), 400, "body-not-object")
        expectProblem(
            authorized.with("Content-Type", "text/plain").post(ServiceHarness.path, "{}"), 415, "unsupported-media-type"
        )
        expectProblem(
            authorized.with("X-Request-Timeout-Ms", "0").post(ServiceHarness.path, "{}"), 400, "invalid-header")
    }

    @Test func `without the token nobody is asked`() throws {
        let server = try ScriptedServer { $0.waitForEnd() }
        defer { server.stop() }
        let harness = try ServiceHarness(orders: server.url, ["API_TOKEN": TestTokens.api])
        for client in [harness.client, harness.client.with(token: "wrong")] {
            let reply = client.post(ServiceHarness.path, callBody(1, [(1, 1)], key: "k"))
            expectProblem(reply, 401, "unauthorized")
            #expect(reply.headers["WWW-Authenticate"] == "Bearer")
        }
        #expect(server.acceptedCount == 0)
    }
}
