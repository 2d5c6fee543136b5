import BlockingTesting
import CustomerAccess
import HTTPMessages
import JSON
import JSONWebTokens
import Testing
import TokenTesting

@Suite(.blocking) struct CustomerTokenIssuerTests {
    private func issue(_ environment: [String: String], customerID: Int64 = 17) throws -> String {
        let issuer = try #require(AccessHarness.settings(environment).issuer)
        return issuer.token(customerID: customerID, lifetimeSeconds: 600, nowSeconds: AccessHarness.nowSeconds)
    }

    @Test(arguments: [
        [:], ["JWT_ISSUER": "https://a.example,https://b.example"], ["JWT_AUDIENCE": "orders"],
        ["JWT_ISSUER": "a", "JWT_AUDIENCE": "b", "JWT_CUSTOMER_CLAIM": "https://shop.example/customer"],
        ["JWT_CUSTOMER_CLAIM": "sub"],
    ])
    func `what is issued is accepted under the same settings`(others: [String: String]) throws {
        let environment = others.merging(["JWT_SECRET": AccessHarness.secret]) { $1 }
        let token = try issue(environment)
        #expect(try AccessHarness(environment).get(token).json?["customer_id"] == .integer(17))
    }

    @Test func `an ordinary library reads all that a token tells`() throws {
        let environment = [
            "JWT_SECRET": AccessHarness.secret, "JWT_ISSUER": "https://a.example", "JWT_AUDIENCE": "orders",
        ]
        let options = JSONObject([
            ("audience", .string("orders")), ("issuer", .string("https://a.example")),
            ("leeway", .integer(1_000_000_000)),
        ])
        let read = try PyJWT.run([
            .verify(try issue(environment), .string(AccessHarness.secret), "HS256", options: options)
        ])[0]
        let claims = try #require(try JSONParser.parse(Array(read.utf8)).object)
        #expect(claims.members.map(\.name) == ["sub", "iss", "aud", "jti", "customer_id", "iat", "exp"])
        #expect(claims["sub"] == .string("17") && claims["customer_id"] == .integer(17))
        #expect(claims["jti"]?.string?.utf8.count == 32)
        #expect(claims["exp"] == .integer(Int64(AccessHarness.nowSeconds + 600)))
    }

    @Test func `no two tokens are the same`() throws {
        let environment = ["JWT_SECRET": AccessHarness.secret]
        #expect(Set(try (0..<100).map { _ in try issue(environment) }).count == 100)
    }

    @Test func `the first of two secrets signs, and both are accepted`() throws {
        let both = ["JWT_SECRET": "\(AccessHarness.otherSecret), \(AccessHarness.secret)"]
        let old = try issue(["JWT_SECRET": AccessHarness.secret])
        let new = try issue(both)
        #expect(try AccessHarness(both).get(old).status == .ok)
        #expect(try AccessHarness(both).get(new).status == .ok)
        #expect(try AccessHarness(["JWT_SECRET": AccessHarness.otherSecret]).get(new).status == .ok)
        #expect(try AccessHarness(["JWT_SECRET": AccessHarness.otherSecret]).get(old).status == .unauthorized)
    }

    @Test func `without a secret nothing is issued`() throws {
        #expect(try AccessHarness.settings([:]).issuer == nil)
    }
}
