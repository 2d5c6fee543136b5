import BlockingTesting
import JSON
import Testing
import TokenTesting

@testable import JSONWebTokens

/// Which key a token is verified by.
@Suite(.blocking) struct KeyChoiceTests {
    private static let claims = #"{"exp":1800000600}"#

    private func tokens(_ jobs: (TestKeys) -> [PyJWT.Job]) throws -> [String] {
        try PyJWT.run(jobs(try TestKeys.shared()))
    }

    @Test func `with several keys of an algorithm a token has to name its own`() throws {
        let keys = try TestKeys.shared()
        let set = try JSONWebKeySet(
            TestKeys.set([
                keys.rsa.published(kid: "old"), keys.otherRSA.published(kid: "new"), keys.p256.publicJWK,
            ]))
        let made = try tokens { keys in
            [
                .craft(header: #"{"alg":"RS256"}"#, payload: Self.claims, keys.rsa.privateJWK, "RS256"),
                .craft(header: #"{"alg":"RS256","kid":"old"}"#, payload: Self.claims, keys.rsa.privateJWK, "RS256"),
                .craft(header: #"{"alg":"RS256","kid":"new"}"#, payload: Self.claims, keys.rsa.privateJWK, "RS256"),
                .craft(header: #"{"alg":"ES256"}"#, payload: Self.claims, keys.p256.privateJWK, "ES256"),
                .craft(header: #"{"alg":"EdDSA"}"#, payload: Self.claims, keys.ed25519.privateJWK, "EdDSA"),
            ]
        }
        let verifier = JSONWebTokenVerifier(keys: set.keys)
        let refusals = made.map { TokenFixtures.refusal(of: $0, by: verifier) }
        #expect(refusals == [.keyNotNamed, nil, .notSigned, nil, .unknownKey])
    }

    @Test func `one kid may name a key of each algorithm`() throws {
        let keys = try TestKeys.shared()
        let set = try JSONWebKeySet(
            TestKeys.set([keys.rsa.published(kid: "2027"), keys.p256.published(kid: "2027")]))
        let made = try tokens { keys in
            [
                .craft(header: #"{"alg":"RS256","kid":"2027"}"#, payload: Self.claims, keys.rsa.privateJWK, "RS256"),
                .craft(header: #"{"alg":"ES256","kid":"2027"}"#, payload: Self.claims, keys.p256.privateJWK, "ES256"),
            ]
        }
        let verifier = JSONWebTokenVerifier(keys: set.keys)
        for token in made { #expect(TokenFixtures.refusal(of: token, by: verifier) == nil) }
    }

    @Test func `while a secret is replaced tokens by either are good, and by a third are not`() throws {
        let texts = [
            TokenFixtures.secretText, TokenFixtures.otherSecretText, "a third secret, which nobody has ever configured",
        ]
        let made = try texts.map { text in
            try JSONWebTokenSigner(#require(JSONWebTokenSecret(text))).sign(
                JSONObject(), lifetimeSeconds: 600, nowSeconds: TokenFixtures.nowSeconds)
        }
        let verifier = JSONWebTokenVerifier(keys: try texts.prefix(2).map(TokenFixtures.secretKey))
        #expect(made.map { TokenFixtures.refusal(of: $0, by: verifier) } == [nil, nil, .notSigned])
        let after = JSONWebTokenVerifier(keys: [try TokenFixtures.secretKey(texts[1])])
        #expect(made.map { TokenFixtures.refusal(of: $0, by: after) } == [.notSigned, nil, .notSigned])
    }

    @Test func `without any key nothing is accepted`() throws {
        let token = try JSONWebTokenSigner(#require(JSONWebTokenSecret(TokenFixtures.secretText)))
            .sign(JSONObject(), lifetimeSeconds: 600, nowSeconds: TokenFixtures.nowSeconds)
        #expect(TokenFixtures.refusal(of: token, by: JSONWebTokenVerifier(keys: [])) == .unknownKey)
    }

    @Test func `a token for somebody is refused where nobody in particular is expected`() throws {
        let token = try JSONWebTokenSigner(#require(JSONWebTokenSecret(TokenFixtures.secretText)))
            .sign(JSONObject([("aud", .string("x"))]), lifetimeSeconds: 600, nowSeconds: TokenFixtures.nowSeconds)
        let key = try TokenFixtures.secretKey(TokenFixtures.secretText)
        #expect(TokenFixtures.refusal(of: token, by: JSONWebTokenVerifier(keys: [key])) == .audienceNotAllowed)
        #expect(TokenFixtures.refusal(of: token, by: JSONWebTokenVerifier(keys: [key], audience: "x")) == nil)
    }

    /// The skew is on the side of the token.
    @Test func `times are kept to the second, with a minute between the clocks`() throws {
        let cases: [(claims: String, refusal: JSONWebTokenError?)] = [
            (#"{"exp":1799999941}"#, nil), (#"{"exp":1799999940}"#, .expired), (#"{"exp":1799999940.9}"#, .expired),
            (#"{"exp":1800000001.5}"#, nil), (#"{"exp":1.8e9}"#, nil),
            (#"{"exp":1800000600,"nbf":1800000060,"iat":1800000060}"#, nil),
            (#"{"exp":1800000600,"nbf":1800000060.9}"#, nil),
            (#"{"exp":9223372036854775807,"nbf":-9223372036854775808,"iat":0}"#, nil),
        ]
        let secret = JSONValue.string(TokenFixtures.secretText)
        let made = try PyJWT.run(
            cases.map { .craft(header: #"{"alg":"HS256"}"#, payload: $0.claims, secret, "HS256") })
        let verifier = JSONWebTokenVerifier(keys: [try TokenFixtures.secretKey(TokenFixtures.secretText)])
        for (token, expected) in zip(made, cases) {
            #expect(TokenFixtures.refusal(of: token, by: verifier) == expected.refusal, "\(expected.claims)")
        }
    }

    @Test func `a secret has at least 32 bytes, and shows none of them`() throws {
        #expect(JSONWebTokenSecret(String(repeating: "x", count: 31)) == nil)
        #expect(JSONWebTokenSecret(String(repeating: "é", count: 16)) != nil)
        let secret = try #require(JSONWebTokenSecret(TokenFixtures.secretText))
        var dumped = ""
        dump(JSONWebTokenSigner(secret), to: &dumped)
        #expect(!dumped.contains("97") && !"\(secret) \(JSONWebKey(secret))".contains("97"), "\(dumped)")
    }
}
