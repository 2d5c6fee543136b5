import BlockingTesting
import CustomerAccess
import Digests
import HTTPMessages
import JSON
import JSONWebTokens
import ServiceTesting
import Testing

@testable import OrdersAPI

/// What the contract documents for every operation of customers and on sagas.
@Suite(.blocking) struct OwnOrderContractTests {
    private static let own: [(Method, String)] = [
        (.post, "/api/v1/orders"), (.get, "/api/v1/orders"), (.get, "/api/v1/orders/1"),
        (.get, "/api/v1/orders/1/status"), (.get, "/api/v1/orders/1/history"), (.post, "/api/v1/orders/1/cancel"),
    ]
    private static let sagas: [(Method, String)] = [
        (.get, "/admin/sagas/find-all"), (.get, "/admin/sagas/find-one/1"), (.post, "/admin/sagas/1/redrive"),
        (.post, "/admin/sagas/1/discard"),
    ]

    @Test func `a malformed header field is told as such`() throws {
        let harness = try SagaHarness()
        for (method, target) in Self.own {
            let reply = harness.client.with("X-Request-Timeout-Ms", "0").send(method, target)
            #expect(reply.code == "invalid-header", "\(target)")
        }
        for (method, target) in Self.sagas {
            let reply = harness.service.client.with("X-Request-Timeout-Ms", "0").send(method, target)
            #expect(reply.code == "invalid-header", "\(target)")
        }
        #expect(harness.service.client.get("/admin/sagas/find-all?limit=0&state=x").violations.count == 2)
        #expect(harness.client.post("/api/v1/orders", "{").code == "malformed-json")
        #expect(harness.client.with(key: "a,b").post("/api/v1/orders", "{}").code == "idempotency-key-mismatch")
    }

    @Test func `a token of nobody's is refused, and one whose keys are not known yet is to come again`() throws {
        let harness = try SagaHarness(["JWKS_URL": "http://127.0.0.1:1/keys"])
        let secret = try #require(JSONWebTokenSecret(SagaHarness.secret))
        let nobody = JSONWebTokenSigner(secret).sign(
            JSONObject([("sub", .string("x"))]), lifetimeSeconds: 60, nowSeconds: CustomerAccess.nowSeconds())
        let header = Base64URL.encode(Array(#"{"alg":"RS256","kid":"k","typ":"JWT"}"#.utf8))
        let unknown = header + "." + nobody.split(separator: ".").dropFirst().joined(separator: ".")
        for (method, target) in Self.own {
            let refused = harness.service.client.with(token: nobody).send(method, target)
            #expect(refused.status == 403 && refused.code == "customer-claim-missing", "\(target) \(refused)")
            let later = harness.service.client.with(token: unknown).send(method, target)
            #expect(later.status == 503 && later.code == "keys-unavailable", "\(target) \(later)")
        }
    }
}
