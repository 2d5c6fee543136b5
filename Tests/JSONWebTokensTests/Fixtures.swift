import JSON
import TokenTesting

@testable import JSONWebTokens

/// What most tests have in common: a secret, one published key of each kind, and a moment.
struct TokenFixtures {
    static let secretText = "a secret of thirty-two bytes or more"
    static let otherSecretText = "another secret of as many bytes too"
    static let nowSeconds = 1_800_000_000

    let keys: TestKeys

    init() throws { keys = try TestKeys.shared() }

    /// The secret, and one key of each kind with a `kid`.
    func allKeys() throws -> [JSONWebKey] {
        let set = try JSONWebKeySet(
            TestKeys.set([
                keys.rsa.published(kid: "rsa"), keys.p256.published(kid: "p256"),
                keys.ed25519.published(kid: "ed25519"),
            ]))
        return [try Self.secretKey(Self.secretText)] + set.keys
    }

    static func secretKey(_ text: String) throws -> JSONWebKey {
        guard let secret = JSONWebTokenSecret(text) else { throw JSONWebTokenError.unknownKey }
        return JSONWebKey(secret)
    }

    static func object(_ text: String) throws -> JSONObject {
        try JSONParser.parse(Array(text.utf8)).object ?? JSONObject()
    }

    /// What came of a token: nil if it holds.
    static func refusal(
        of token: String, by verifier: JSONWebTokenVerifier, nowSeconds: Int = TokenFixtures.nowSeconds
    ) -> JSONWebTokenError? {
        do throws(JSONWebTokenError) {
            _ = try verifier.verify(Array(token.utf8), nowSeconds: nowSeconds)
            return nil
        } catch {
            return error
        }
    }
}
