private import Digests
private import JSON

/// Issues the tokens by which a customer is let in under `/api/v1`.
package struct CustomerTokenIssuer: Sendable {
    /// What a token names besides the customer; the services that verify it read the same settings.
    package struct ClaimNames: Sendable {
        let issuer: String?
        let audience: String?
        let customer: String

        /// Claims that mean something else than a customer (RFC 7519 section 4.1).
        package static let otherClaims = ["iss", "aud", "exp", "nbf", "iat", "jti"]

        /// - Parameters:
        ///   - issuer: the `iss` of a token; nil for none.
        ///   - audience: its `aud`; nil for none.
        ///   - customer: the claim that has the customer's id, none of `otherClaims`; `sub` may be it.
        package init(issuer: String?, audience: String?, customer: String) {
            self.issuer = issuer
            self.audience = audience
            self.customer = customer
        }
    }

    /// 16: no two tokens of all that are ever issued have the same.
    private static let idByteCount = 16

    private let signer: JSONWebTokenSigner
    private let names: ClaimNames

    package init(_ secret: JSONWebTokenSecret, _ names: ClaimNames) {
        signer = JSONWebTokenSigner(secret)
        self.names = names
    }

    /// A token with `iss` and `aud` as configured, `sub` and the customer's claim, a `jti` of its own, `iat` and `exp`.
    ///
    /// - Parameters:
    ///   - customerID: positive.
    ///   - lifetimeSeconds: positive.
    ///   - nowSeconds: since 1970.
    package func token(customerID: Int64, lifetimeSeconds: Int, nowSeconds: Int) -> String {
        var claims: [(name: String, value: JSONValue)] = [("sub", .string(String(customerID)))]
        if let issuer = names.issuer { claims.append(("iss", .string(issuer))) }
        if let audience = names.audience { claims.append(("aud", .string(audience))) }
        claims.append(("jti", .string(Hex.encode(randomBytes(count: CustomerTokenIssuer.idByteCount)))))
        if names.customer != "sub" { claims.append((names.customer, .integer(customerID))) }
        return signer.sign(JSONObject(claims), lifetimeSeconds: lifetimeSeconds, nowSeconds: nowSeconds)
    }
}
