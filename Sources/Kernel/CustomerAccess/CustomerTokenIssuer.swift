private import Digests
private import JSON
private import JSONWebTokens

/// Issues the tokens by which a customer is let in here: what `CustomerAccess` of the same settings accepts.
package struct CustomerTokenIssuer: Sendable {
    private let signer: JSONWebTokenSigner
    private let issuer: String?
    private let audience: String?
    private let customerClaim: String

    /// - Returns: nil without a `JWT_SECRET`.
    package init?(_ settings: CustomerAccessSettings) {
        guard let secret = settings.secrets.first else { return nil }
        signer = JSONWebTokenSigner(secret)
        issuer = settings.issuers.first
        audience = settings.audience
        customerClaim = settings.customerClaim
    }

    /// A token with `iss` and `aud` as configured, `sub` and the customer's claim, a `jti` of its own, `iat` and `exp`.
    ///
    /// - Parameters:
    ///   - customerID: positive.
    ///   - lifetimeSeconds: positive.
    ///   - nowSeconds: since 1970.
    package func token(customerID: Int64, lifetimeSeconds: Int, nowSeconds: Int) -> String {
        var claims: [(name: String, value: JSONValue)] = [("sub", .string(String(customerID)))]
        if let issuer { claims.append(("iss", .string(issuer))) }
        if let audience { claims.append(("aud", .string(audience))) }
        claims.append(("jti", .string(Hex.encode(randomBytes(count: CustomerTokenIssuer.idByteCount)))))
        if customerClaim != "sub" { claims.append((customerClaim, .integer(customerID))) }
        return signer.sign(JSONObject(claims), lifetimeSeconds: lifetimeSeconds, nowSeconds: nowSeconds)
    }

    /// 16: no two tokens of all that are ever issued have the same.
    private static let idByteCount = 16
}
