package import JSON

/// Verifies access tokens: JWTs (RFC 7519) that are signed in the compact form, as RFC 8725 advises.
///
/// What a token's header says of algorithms and keys is compared with the keys, never followed.
package struct JSONWebTokenVerifier: Sendable {
    /// 8 KiB: half of what the server takes in header fields; tokens of identity providers have 1 to 2.
    package static let byteCountMax = 8 * 1024
    /// 60 s between the clock of the issuer and this one, as common libraries allow.
    package static let skewSeconds = 60

    private let keys: [JSONWebKey]
    private let issuers: [String]
    private let audience: String?

    /// - Parameters:
    ///   - keys: of each algorithm several may be there, also secrets: two while they are being replaced.
    ///   - issuers: one of them must be the token's `iss`; with none, any issuer will do that has signed with a key of these.
    ///   - audience: must be in the token's `aud`. Where it is nil a token with an `aud` is refused: it is for somebody else (RFC
    ///     7519 section 4.1.3).
    package init(keys: [JSONWebKey], issuers: [String] = [], audience: String? = nil) {
        self.keys = keys
        self.issuers = issuers
        self.audience = audience
    }

    /// The claims of a token that holds.
    ///
    /// - Parameters:
    ///   - token: as it came, in ASCII.
    ///   - nowSeconds: since 1970.
    /// - Throws: the first reason not to believe it; of the claims nothing is looked at before the signature.
    package func verify(_ token: [UInt8], nowSeconds: Int) throws(JSONWebTokenError) -> JSONObject {
        let token = try SignedToken(token)
        let isSigned = try keys(for: token).contains { $0.isSignature(token.signature, of: token.signedBytes) }
        guard isSigned else { throw .notSigned }
        let claims = try token.claims()
        try checkTimes(claims, nowSeconds)
        try checkParties(claims)
        return claims
    }

    /// The key that the token names. A secret cannot be named: for a token without `kid` each of them is tried.
    private func keys(for token: SignedToken) throws(JSONWebTokenError) -> [JSONWebKey] {
        if let keyID = token.keyID {
            let named = keys.filter { $0.id?.hasSameBytes(as: keyID) ?? false }
            guard !named.isEmpty else { throw .unknownKey }
            guard let key = named.first(where: { $0.algorithm == token.algorithm }) else { throw .algorithmNotAllowed }
            return [key]
        }
        let fitting = keys.filter { $0.algorithm == token.algorithm }
        guard !fitting.isEmpty else { throw .unknownKey }
        guard fitting.count == 1 || token.algorithm == .hs256 else { throw .keyNotNamed }
        return fitting
    }

    /// Written so that no number of a token's can overflow.
    private func checkTimes(_ claims: JSONObject, _ nowSeconds: Int) throws(JSONWebTokenError) {
        guard let expiry = try seconds("exp", claims) else { throw .neverExpires }
        guard nowSeconds - JSONWebTokenVerifier.skewSeconds < expiry else { throw .expired }
        let latest = nowSeconds + JSONWebTokenVerifier.skewSeconds
        if let start = try seconds("nbf", claims), start > latest { throw .notYetValid }
        if let issuedAt = try seconds("iat", claims), issuedAt > latest { throw .issuedInFuture }
    }

    private func checkParties(_ claims: JSONObject) throws(JSONWebTokenError) {
        let issuer = claims["iss"]
        if let issuer, issuer.string == nil { throw .malformedClaim }
        if !issuers.isEmpty {
            guard let name = issuer?.string, issuers.contains(where: { $0.hasSameBytes(as: name) }) else {
                throw .issuerNotAllowed
            }
        }
        let audiences = try audiences(claims)
        guard let audience else {
            guard audiences.isEmpty else { throw .audienceNotAllowed }
            return
        }
        guard audiences.contains(where: { $0.hasSameBytes(as: audience) }) else { throw .audienceNotAllowed }
    }

    private func audiences(_ claims: JSONObject) throws(JSONWebTokenError) -> [String] {
        switch claims["aud"] {
        case nil: return []
        case .string(let audience): return [audience]
        case .array(let values):
            let audiences = values.compactMap(\.string)
            guard audiences.count == values.count else { throw .malformedClaim }
            return audiences
        case .null, .bool, .integer, .decimal, .object: throw .malformedClaim
        }
    }

    /// The whole seconds of a NumericDate (RFC 7519 section 2), which may have a fraction; nil where the claim is absent.
    private func seconds(_ name: String, _ claims: JSONObject) throws(JSONWebTokenError) -> Int? {
        switch claims[name] {
        case nil: return nil
        case .integer(let seconds): return Int(seconds)
        case .decimal(let text):
            guard let number = Double(text), let seconds = Int(exactly: number.rounded(.down)) else {
                throw .malformedClaim
            }
            return seconds
        case .null, .bool, .string, .array, .object: throw .malformedClaim
        }
    }
}
