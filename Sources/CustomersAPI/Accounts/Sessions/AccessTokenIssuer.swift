import Digests
import JSON
import JSONWebTokens
import Telemetry

/// Makes access tokens, which the services under `/api/v1` believe until they expire.
struct AccessTokenIssuer: Sendable {
    private let signer: JSONWebTokenSigner
    private let names: TokenClaimNames
    let lifetimeSeconds: Int

    init(_ settings: AccountsSettings) {
        signer = JSONWebTokenSigner(settings.secret)
        names = settings.claims
        lifetimeSeconds = settings.accessSeconds
    }

    /// - Parameter now: the database's time, so that all instances agree.
    func token(customerID: Int64, at now: Timestamp) -> String {
        var claims: [(name: String, value: JSONValue)] = []
        if let issuer = names.issuer { claims.append(("iss", .string(issuer))) }
        if let audience = names.audience { claims.append(("aud", .string(audience))) }
        claims.append(("sub", .string(String(customerID))))
        if names.customerClaim != "sub" { claims.append((names.customerClaim, .integer(customerID))) }
        claims.append(("jti", .string(Base64URL.encode(randomBytes(count: 16)))))
        return signer.sign(
            JSONObject(claims), lifetimeSeconds: lifetimeSeconds, nowSeconds: Int(now.microsecondsSince1970 / 1_000_000)
        )
    }
}
