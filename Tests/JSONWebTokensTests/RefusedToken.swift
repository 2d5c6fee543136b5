import JSON
import Testing
import TokenTesting

@testable import JSONWebTokens

/// A token that must be refused, and why. All but what its name says is as it should be.
struct RefusedToken: Sendable, CustomTestStringConvertible {
    let name: String
    let error: JSONWebTokenError
    let job: @Sendable (TestKeys) -> PyJWT.Job
    /// What happens to the token on its way.
    let change: @Sendable (String) -> String

    var testDescription: String { name }

    static let issuer = "https://id.example"
    static let audience = "orders"
    static let claims = #"{"iss":"https://id.example","aud":"orders","exp":1800000600,"customer_id":17}"#
    static let rsaHeader = #"{"alg":"RS256","kid":"rsa"}"#

    /// By default the RSA key signs by RS256.
    init(
        _ name: String, _ error: JSONWebTokenError, header: String = rsaHeader, payload: String = claims,
        by algorithm: String = "RS256", _ key: @escaping @Sendable (TestKeys) -> JSONValue = { $0.rsa.privateJWK },
        change: @escaping @Sendable (String) -> String = { $0 }
    ) {
        self.name = name
        self.error = error
        self.change = change
        job = { .craft(header: header, payload: payload, key($0), algorithm) }
    }

    init(_ name: String, _ error: JSONWebTokenError, job: @escaping @Sendable (TestKeys) -> PyJWT.Job) {
        self.name = name
        self.error = error
        self.job = job
        change = { $0 }
    }

    /// By the secret.
    init(
        _ name: String, _ error: JSONWebTokenError, secret: String, header: String = #"{"alg":"HS256"}"#,
        payload: String = claims
    ) {
        self.init(name, error, header: header, payload: payload, by: "HS256", { _ in .string(secret) })
    }

    /// With other claims.
    init(_ name: String, _ error: JSONWebTokenError, claims payload: String) {
        self.init(name, error, payload: payload)
    }

    static let all: [RefusedToken] = algorithms + keys + headers + forms + signatures + times + parties
}

extension RefusedToken {
    private static let algorithms: [RefusedToken] = [
        RefusedToken("alg none, without a signature", .algorithmNotAllowed, header: #"{"alg":"none"}"#, by: ""),
        RefusedToken(
            "alg none, with a kid and without a signature", .algorithmNotAllowed,
            header: #"{"alg":"none","kid":"rsa"}"#, by: ""),
        RefusedToken("alg none above a good signature", .algorithmNotAllowed, header: #"{"alg":"none","kid":"rsa"}"#),
        RefusedToken("alg nOnE", .algorithmNotAllowed, header: #"{"alg":"nOnE"}"#, by: ""),
        RefusedToken("no alg", .algorithmNotAllowed, header: #"{"kid":"rsa"}"#),
        RefusedToken("an alg that is a list", .algorithmNotAllowed, header: #"{"alg":["RS256"],"kid":"rsa"}"#),
        RefusedToken("alg in lower case", .algorithmNotAllowed, header: #"{"alg":"rs256","kid":"rsa"}"#),
        RefusedToken(
            "the public key taken for a secret, with its kid", .algorithmNotAllowed,
            header: #"{"alg":"HS256","kid":"rsa"}"#, by: "HS256", publicText),
        RefusedToken(
            "the public key taken for a secret", .notSigned, header: #"{"alg":"HS256"}"#, by: "HS256", publicText),
        RefusedToken(
            "HS256 above a good signature of RS256", .algorithmNotAllowed, header: #"{"alg":"HS256","kid":"rsa"}"#),
        RefusedToken("RS384", .algorithmNotAllowed, header: #"{"alg":"RS384","kid":"rsa"}"#, by: "RS384"),
        RefusedToken("PS256", .algorithmNotAllowed, header: #"{"alg":"PS256","kid":"rsa"}"#, by: "PS256"),
        RefusedToken("PS256 under the name of RS256", .notSigned, by: "PS256"),
        RefusedToken(
            "HS512", .algorithmNotAllowed, header: #"{"alg":"HS512"}"#, by: "HS512",
            { _ in .string(TokenFixtures.secretText) }),
        RefusedToken(
            "Ed448", .algorithmNotAllowed, header: #"{"alg":"Ed448","kid":"ed25519"}"#, by: "EdDSA",
            { $0.ed25519.privateJWK }),
        RefusedToken("ES384", .algorithmNotAllowed, header: #"{"alg":"ES384"}"#, by: "ES384") { $0.p384.privateJWK },
        RefusedToken(
            "ES256 with the kid of another algorithm's key", .algorithmNotAllowed,
            header: #"{"alg":"ES256","kid":"ed25519"}"#, by: "ES256"
        ) { $0.p256.privateJWK },
    ]

    private static let publicText: @Sendable (TestKeys) -> JSONValue = {
        .string(String(decoding: JSONWriter.bytes(of: $0.rsa.publicJWK), as: UTF8.self))
    }

    private static let keys: [RefusedToken] = [
        RefusedToken("another's RSA key", .notSigned) { $0.otherRSA.privateJWK },
        RefusedToken("another's secret", .notSigned, secret: TokenFixtures.otherSecretText),
        RefusedToken("an empty secret", .notSigned, secret: ""),
        RefusedToken("an unknown kid above a good signature", .unknownKey, header: #"{"alg":"RS256","kid":"rsa-2"}"#),
        RefusedToken("a kid in other letters", .unknownKey, header: #"{"alg":"RS256","kid":"RSA"}"#),
        RefusedToken(
            "an empty kid", .unknownKey, secret: TokenFixtures.secretText, header: #"{"alg":"HS256","kid":""}"#),
        RefusedToken("a kid that is a path", .unknownKey, header: #"{"alg":"RS256","kid":"../../../dev/null"}"#),
        RefusedToken("a kid that is a number", .unknownKey, header: #"{"alg":"RS256","kid":1}"#),
        RefusedToken(
            "a kid for a token by a secret", .unknownKey, secret: TokenFixtures.secretText,
            header: #"{"alg":"HS256","kid":"x"}"#),
    ]

    private static let withOwnKey: @Sendable (TestKeys) -> PyJWT.Job = { keys in
        let jwk = String(decoding: JSONWriter.bytes(of: keys.otherRSA.publicJWK), as: UTF8.self)
        return .craft(
            header: #"{"alg":"RS256","jwk":\#(jwk)}"#, payload: claims, keys.otherRSA.privateJWK, "RS256")
    }

    private static let headers: [RefusedToken] = [
        RefusedToken("the key that signed it in jwk", .headerMemberNotAllowed, job: withOwnKey),
        RefusedToken(
            "jku", .headerMemberNotAllowed, header: #"{"alg":"RS256","kid":"rsa","jku":"https://evil.example/jwks"}"#),
        RefusedToken(
            "x5u", .headerMemberNotAllowed, header: #"{"alg":"RS256","kid":"rsa","x5u":"https://evil.example/x"}"#),
        RefusedToken("x5c", .headerMemberNotAllowed, header: #"{"alg":"RS256","kid":"rsa","x5c":["MIIB"]}"#),
        RefusedToken("crit", .headerMemberNotAllowed, header: #"{"alg":"RS256","kid":"rsa","crit":["exp"]}"#),
        RefusedToken("b64 false", .headerMemberNotAllowed, header: #"{"alg":"RS256","kid":"rsa","b64":false}"#),
        RefusedToken(
            "a token that ends a session", .typeNotAllowed, header: #"{"alg":"RS256","kid":"rsa","typ":"logout+jwt"}"#),
        RefusedToken("a typ that is a number", .typeNotAllowed, header: #"{"alg":"RS256","kid":"rsa","typ":1}"#),
        RefusedToken("alg twice", .notJSON, header: #"{"alg":"none","kid":"rsa","alg":"RS256"}"#),
        RefusedToken(
            "alg twice, once with an escape", .notJSON, header: #"{"alg":"RS256","kid":"rsa","\u0061lg":"none"}"#),
        RefusedToken("a header that is a list", .notJSON, header: #"["RS256"]"#),
        RefusedToken("a header that is empty", .notJSON, header: ""),
    ]

    private static let forms: [RefusedToken] = [
        RefusedToken("nothing", .notThreeParts, change: { _ in "" }),
        RefusedToken("two dots", .notJSON, change: { _ in ".." }),
        RefusedToken(
            "no signature and no dot before it", .notThreeParts,
            change: { String($0[..<($0.lastIndex(of: ".") ?? $0.endIndex)]) }),
        RefusedToken("a fourth part", .notThreeParts, change: { $0 + ".e30" }),
        RefusedToken("the five parts of an encrypted token", .notThreeParts, change: { _ in "e30.e30.e30.e30.e30" }),
        RefusedToken(
            "two signatures, in the form of JSON", .notThreeParts,
            change: { _ in #"{"payload":"e30","signatures":[{},{}]}"# }),
        RefusedToken("padding", .notBase64URL, change: { $0 + "=" }),
        RefusedToken("the other alphabet", .notBase64URL, change: { $0.dropLast(2) + "+/" }),
        RefusedToken("a line break", .notBase64URL, change: { $0 + "\n" }),
        RefusedToken("a blank before it", .notBase64URL, change: { " " + $0 }),
        RefusedToken("a byte of zero", .notBase64URL, change: { $0 + "\0" }),
        RefusedToken("letters outside ASCII", .notBase64URL, change: { $0 + "é" }),
        RefusedToken("bits that no byte owns", .notBase64URL, change: withStrayBits),
        RefusedToken(
            "more than 8 KiB", .tooLong,
            payload: #"{"exp":1800000600,"x":""# + String(repeating: "x", count: 8192) + #""}"#),
        RefusedToken("claims that are a list", .notJSON, claims: "[]"),
        RefusedToken("claims that are a token again", .notJSON, claims: "e30.e30.e30"),
        RefusedToken(
            "exp twice", .notJSON, claims: #"{"iss":"https://id.example","aud":"orders","exp":1,"exp":1800000600}"#),
        RefusedToken("half a surrogate pair", .notJSON, claims: #"{"exp":1800000600,"x":"\ud800"}"#),
        RefusedToken(
            "a hundred levels", .notJSON,
            claims: #"{"exp":1800000600,"x":"# + String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
                + "}"),
    ]

    /// 256 bytes are 342 characters, the last of which has four bits to spare.
    private static let withStrayBits: @Sendable (String) -> String = { token in
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let place = token.last.flatMap { digits.firstIndex(of: $0) } ?? 0
        return token.dropLast() + String(digits[place | 1])
    }

    private static let signatures: [RefusedToken] = [
        RefusedToken("an empty signature", .notSigned, by: "", change: { $0 }),
        RefusedToken("half a signature", .notSigned, change: { String($0.dropLast(170)) }),
        RefusedToken("a signature with more behind it", .notSigned, change: { $0 + "A" }),
        RefusedToken("a signature with three bytes more behind it", .notSigned, change: { $0.dropLast(2) + "AAAAAA" }),
        RefusedToken(
            "one by ECDSA in the form of certificates", .notSigned, header: #"{"alg":"ES256","kid":"p256"}"#,
            by: "ES256 in DER"
        ) { $0.p256.privateJWK },
        RefusedToken(
            "one by ECDSA that is zero", .notSigned, header: #"{"alg":"ES256","kid":"p256"}"#, by: "",
            change: { $0 + String(repeating: "A", count: 86) }),
        RefusedToken(
            "one by Ed25519 that is zero", .notSigned, header: #"{"alg":"EdDSA","kid":"ed25519"}"#, by: "",
            change: { $0 + String(repeating: "A", count: 86) }),
        RefusedToken(
            "another customer after signing", .notSigned,
            change: { $0.replacingPart(1, with: "eyJjdXN0b21lcl9pZCI6MX0") }),
        RefusedToken(
            "another header after signing", .notSigned,
            change: { $0.replacingPart(0, with: "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYSIsIngiOjF9") }),
        RefusedToken(
            "the beginning of a secret's signature", .notSigned, header: #"{"alg":"HS256"}"#, by: "HS256",
            { _ in .string(TokenFixtures.secretText) }, change: { String($0.dropLast(3)) }),
    ]

    private static let times: [RefusedToken] = [
        RefusedToken("no exp", .neverExpires, claims: #"{"iss":"https://id.example","aud":"orders"}"#),
        RefusedToken("exp null", .malformedClaim, claims: #"{"exp":null}"#),
        RefusedToken("exp in digits", .malformedClaim, claims: #"{"exp":"1800000600"}"#),
        RefusedToken("exp beyond all numbers", .malformedClaim, claims: #"{"exp":1e400}"#),
        RefusedToken("exp beyond 64 bits", .malformedClaim, claims: #"{"exp":99999999999999999999}"#),
        RefusedToken("exp 60 s ago", .expired, claims: #"{"exp":1799999940}"#),
        RefusedToken("exp 60 s and a half ago", .expired, claims: #"{"exp":1799999939.5}"#),
        RefusedToken("exp as early as can be", .expired, claims: #"{"exp":-9223372036854775808}"#),
        RefusedToken("nbf in 61 s", .notYetValid, claims: #"{"exp":1800000600,"nbf":1800000061}"#),
        RefusedToken("nbf as late as can be", .notYetValid, claims: #"{"exp":1800000600,"nbf":9223372036854775807}"#),
        RefusedToken("nbf in words", .malformedClaim, claims: #"{"exp":1800000600,"nbf":"now"}"#),
        RefusedToken("iat in 61 s", .issuedInFuture, claims: #"{"exp":1800000600,"iat":1800000061}"#),
        RefusedToken("iat true", .malformedClaim, claims: #"{"exp":1800000600,"iat":true}"#),
    ]

    private static let parties: [RefusedToken] = [
        RefusedToken("no iss", .issuerNotAllowed, claims: #"{"aud":"orders","exp":1800000600}"#),
        RefusedToken(
            "another iss", .issuerNotAllowed,
            claims: #"{"iss":"https://id.example.evil","aud":"orders","exp":1800000600}"#),
        RefusedToken(
            "an iss that is a list", .malformedClaim,
            claims: #"{"iss":["https://id.example"],"aud":"orders","exp":1800000600}"#),
        RefusedToken("no aud", .audienceNotAllowed, claims: #"{"iss":"https://id.example","exp":1800000600}"#),
        RefusedToken(
            "another aud", .audienceNotAllowed, claims: #"{"iss":"https://id.example","aud":"Orders","exp":1800000600}"#
        ),
        RefusedToken(
            "a list of others in aud", .audienceNotAllowed,
            claims: #"{"iss":"https://id.example","aud":["a","b"],"exp":1800000600}"#),
        RefusedToken(
            "an empty list in aud", .audienceNotAllowed,
            claims: #"{"iss":"https://id.example","aud":[],"exp":1800000600}"#),
        RefusedToken(
            "a number in aud", .malformedClaim,
            claims: #"{"iss":"https://id.example","aud":["orders",1],"exp":1800000600}"#),
    ]
}

extension String {
    fileprivate func replacingPart(_ index: Int, with part: String) -> String {
        var parts = split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        parts[index] = part
        return parts.joined(separator: ".")
    }
}
