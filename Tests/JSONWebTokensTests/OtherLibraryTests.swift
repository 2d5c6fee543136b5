import BlockingTesting
import JSON
import Testing
import TokenTesting

@testable import JSONWebTokens

/// PyJWT and this product read each other's tokens.
@Suite(.blocking) struct OtherLibraryTests {
    private static let secret = JSONValue.string(TokenFixtures.secretText)
    /// PyJWT looks at the time of the machine.
    private static let farSeconds = 4_000_000_000

    private func signer() throws -> JSONWebTokenSigner {
        JSONWebTokenSigner(try #require(JSONWebTokenSecret(TokenFixtures.secretText)))
    }

    @Test func `PyJWT verifies what is signed here`() throws {
        let claims = JSONObject([
            ("iss", .string("https://shop.example")), ("aud", .string("orders")), ("sub", .string("17")),
            ("name", .string("Muñoz \"€\"")), ("customer_id", .integer(17)),
        ])
        let token = try signer().sign(claims, lifetimeSeconds: 2_000_000_000, nowSeconds: 1_700_000_000)
        let options = JSONObject([("issuer", .string("https://shop.example")), ("audience", .string("orders"))])
        let other = JSONObject([("issuer", .string("https://shop.example")), ("audience", .string("others"))])
        let changed = token.dropLast(2) + (token.hasSuffix("AA") ? "BA" : "AA")
        let replies = try PyJWT.run([
            .verify(token, Self.secret, "HS256", options: options),
            .verify(token, .string(TokenFixtures.otherSecretText), "HS256", options: options),
            .verify(token, Self.secret, "HS256", options: other),
            .verify(String(changed), Self.secret, "HS256", options: options),
        ])
        let read = try #require(try JSONParser.parse(Array(replies[0].utf8)).object)
        #expect(Array(read.members.prefix(claims.members.count).map(\.name)) == claims.members.map(\.name))
        #expect(read["name"] == .string("Muñoz \"€\""))
        #expect(read["iat"] == .integer(1_700_000_000))
        #expect(read["exp"] == .integer(3_700_000_000))
        #expect(replies.dropFirst().allSatisfy { $0.hasPrefix("refused: ") }, "\(replies)")
    }

    @Test func `a token that is over is so for both`() throws {
        let token = try signer().sign(JSONObject(), lifetimeSeconds: 60, nowSeconds: 1_600_000_000)
        #expect(try PyJWT.run([.verify(token, Self.secret, "HS256")]) == ["refused: Signature has expired"])
        let verifier = JSONWebTokenVerifier(keys: [try TokenFixtures.secretKey(TokenFixtures.secretText)])
        #expect(TokenFixtures.refusal(of: token, by: verifier) == .expired)
        #expect(TokenFixtures.refusal(of: token, by: verifier, nowSeconds: 1_600_000_059) == nil)
    }

    @Test func `tokens of PyJWT's are verified here, by each algorithm`() throws {
        let fixtures = try TokenFixtures()
        let claims = JSONObject([
            ("iss", .string("https://id.example")), ("aud", .array([.string("others"), .string("orders")])),
            ("exp", .integer(Int64(Self.farSeconds))), ("customer_id", .string("17")),
        ])
        func headers(_ kid: String) -> JSONObject { JSONObject([("kid", .string(kid))]) }
        let keys = fixtures.keys
        let tokens = try PyJWT.run([
            .sign(claims, Self.secret, "HS256"), .sign(claims, keys.rsa.privateJWK, "RS256", headers: headers("rsa")),
            .sign(claims, keys.p256.privateJWK, "ES256", headers: headers("p256")),
            .sign(claims, keys.ed25519.privateJWK, "EdDSA", headers: headers("ed25519")),
            .sign(claims, keys.rsa.privateJWK, "RS256"), .sign(claims, keys.p256.privateJWK, "ES256"),
        ])
        let verifier = JSONWebTokenVerifier(
            keys: try fixtures.allKeys(), issuers: ["https://other.example", "https://id.example"], audience: "orders")
        for token in tokens {
            let read = try verifier.verify(Array(token.utf8), nowSeconds: TokenFixtures.nowSeconds)
            #expect(read == claims)
        }
    }
}
