/// Why a token is not to be believed.
package enum JSONWebTokenError: Error, Equatable, CaseIterable {
    case tooLong
    /// It is no JWS in the compact form: an encrypted one has five parts, one with two signatures is JSON.
    case notThreeParts
    /// A part is not Base64 in the URL-safe alphabet, without padding, as its encoder writes it.
    case notBase64URL
    /// The header or the claims are not a JSON object, or have a member twice.
    case notJSON
    /// The header has `crit`, `b64`, or a member that brings a key along or says where to get one.
    case headerMemberNotAllowed
    /// `typ` says that it is something other than an access token.
    case typeNotAllowed
    /// `alg` is `none`, or not the algorithm of the key.
    case algorithmNotAllowed
    /// No key has this `kid`, or, for a token without one, this algorithm.
    case unknownKey
    /// It has no `kid`, and several keys have its algorithm.
    case keyNotNamed
    case notSigned
    /// `exp` is absent.
    case neverExpires
    /// `exp`, `nbf` or `iat` is not a number, or `iss` or `aud` not of strings.
    case malformedClaim
    case expired
    case notYetValid
    case issuedInFuture
    case issuerNotAllowed
    case audienceNotAllowed

    /// One sentence for whoever sent it, without quotation marks and backslashes. Nothing of the token is in it.
    package var message: String {
        switch self {
        case .tooLong: "The token is longer than \(JSONWebTokenVerifier.byteCountMax) bytes."
        case .notThreeParts: "The token does not have the three parts of a signed token."
        case .notBase64URL: "A part of the token is not Base64url without padding."
        case .notJSON: "The header or the claims are not a JSON object, or name a member twice."
        case .headerMemberNotAllowed: "The header has one of jwk, jku, x5u, x5c, crit and b64, which are not accepted."
        case .typeNotAllowed: "The header says that this is not an access token."
        case .algorithmNotAllowed: "The algorithm in the header is not that of the key."
        case .unknownKey: "No key that is known here has signed the token."
        case .keyNotNamed: "The header has no kid, and several keys have its algorithm."
        case .notSigned: "The signature is not valid."
        case .neverExpires: "The token has no exp."
        case .malformedClaim: "One of exp, nbf, iat, iss and aud is of the wrong kind."
        case .expired: "The token has expired."
        case .notYetValid: "The token is not valid yet."
        case .issuedInFuture: "The token was issued in the future."
        case .issuerNotAllowed: "The token is of another issuer."
        case .audienceNotAllowed: "The token is for another audience."
        }
    }
}
