import BlockingTesting
import JSON
import RepositoryFiles
import Testing
import TokenTesting

@testable import JSONWebTokens

@Suite(.blocking) struct RefusedTokenTests {
    /// All in one go: a program of its own for each takes longer than the test.
    private static let tokens = Result {
        let keys = try TestKeys.shared()
        let made = try PyJWT.run(RefusedToken.all.map { $0.job(keys) })
        return Dictionary(
            uniqueKeysWithValues: zip(RefusedToken.all, made).map { ($0.name, $0.change($1)) })
    }

    private func verifier() throws -> JSONWebTokenVerifier {
        JSONWebTokenVerifier(
            keys: try TokenFixtures().allKeys(), issuers: [RefusedToken.issuer], audience: RefusedToken.audience)
    }

    @Test(arguments: RefusedToken.all) func `a token is refused for`(_ refused: RefusedToken) throws {
        let token = try #require(try Self.tokens.get()[refused.name])
        #expect(TokenFixtures.refusal(of: token, by: try verifier()) == refused.error)
    }

    /// Else the table would show nothing.
    @Test func `the token that all of them are made from is accepted`() throws {
        let keys = try TestKeys.shared()
        let made = try PyJWT.run([
            .craft(header: RefusedToken.rsaHeader, payload: RefusedToken.claims, keys.rsa.privateJWK, "RS256"),
            .craft(
                header: #"{"alg":"HS256"}"#, payload: RefusedToken.claims, .string(TokenFixtures.secretText), "HS256"),
            .craft(
                header: #"{"alg":"ES256","kid":"p256","typ":"at+JWT","x5t":"abc"}"#, payload: RefusedToken.claims,
                keys.p256.privateJWK, "ES256"),
            .craft(
                header: #"{"alg":"EdDSA","kid":"ed25519"}"#, payload: RefusedToken.claims, keys.ed25519.privateJWK,
                "EdDSA"),
            .craft(
                header: #"{"alg":"Ed25519","kid":"ed25519"}"#, payload: RefusedToken.claims, keys.ed25519.privateJWK,
                "EdDSA"),
        ])
        for token in made { #expect(TokenFixtures.refusal(of: token, by: try verifier()) == nil) }
    }

    @Test func `each reason for a refusal has a token that shows it`() {
        // KeyChoiceTests show the one that needs other keys.
        #expect(Set(RefusedToken.all.map(\.error)) == Set(JSONWebTokenError.allCases).subtracting([.keyNotNamed]))
        #expect(Set(RefusedToken.all.map(\.name)).count == RefusedToken.all.count)
    }

    @Test func `the documentation names each`() throws {
        let rows = JSONWebTokenError.allCases.map { error in
            let names = RefusedToken.all.filter { $0.error == error }.map(\.name)
            let shown =
                names.isEmpty ? "no kid, where several keys of its algorithm are known" : names.joined(separator: "; ")
            return "| \(error.message) | \(shown) |"
        }
        try DocumentedTable(path: "docs/tokens.md", header: "| the answer says | because of, for example |").check(rows)
    }
}
