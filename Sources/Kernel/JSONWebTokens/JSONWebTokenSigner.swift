private import Digests
package import JSON

/// Signs access tokens with a secret: JWS in the compact form by HS256 (RFC 7515, RFC 7518 section 3.2).
///
/// A secret that signs access tokens signs nothing else: what else it signed would pass for one.
package struct JSONWebTokenSigner: Sendable {
    private let secret: JSONWebTokenSecret

    package init(_ secret: JSONWebTokenSecret) { self.secret = secret }

    /// A token that holds from now on.
    ///
    /// - Parameters:
    ///   - claims: what it tells, in this order; `iat` and `exp` are added and may not be among them.
    ///   - lifetimeSeconds: from `nowSeconds` to `exp`; positive.
    ///   - nowSeconds: since 1970; becomes `iat`.
    package func sign(_ claims: JSONObject, lifetimeSeconds: Int, nowSeconds: Int) -> String {
        precondition(lifetimeSeconds > 0 && claims["iat"] == nil && claims["exp"] == nil)
        let payload = JSONWriter.object { writer in
            for claim in claims.members { writer.member(claim.name, claim.value) }
            writer.member("iat", nowSeconds)
            writer.member("exp", nowSeconds + lifetimeSeconds)
        }
        let signed = JSONWebTokenSigner.header + "." + Base64URL.encode(payload)
        let code = HMACSHA256.authenticationCode(Array(signed.utf8), key: secret.bytes)
        return signed + "." + Base64URL.encode(code)
    }

    private static let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
}
