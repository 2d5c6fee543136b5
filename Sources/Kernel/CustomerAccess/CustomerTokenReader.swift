internal import HTTPMessages
internal import JSON
internal import JSONWebTokens
internal import WebApplication

/// Tells which customer a token is for.
struct CustomerTokenReader: Sendable {
    let settings: CustomerAccessSettings
    /// Nil where no keys are published.
    let published: PublishedKeys?
    /// The seconds since 1970.
    let now: @Sendable () -> Int

    /// - Throws: a problem of status 401 for a token that is absent or not to be believed, of 403 for one without a customer, of 503
    ///   while the keys are not known by which it might be.
    func customerID(of request: Request) throws(Problem) -> Int64 {
        // Without credentials no error is to be named (RFC 6750 section 3.1).
        guard let token = request.bearerToken else { throw .unauthorized("A customer's bearer token is needed.") }
        guard settings.isConfigured else {
            throw .invalidToken("No token is accepted here until JWT_SECRET, JWKS_FILE or JWKS_URL is set.")
        }
        let claims = try claims(token)
        guard let id = CustomerTokenReader.customerID(claims[settings.customerClaim]) else {
            throw .customerClaimMissing(settings.customerClaim)
        }
        return id
    }

    private func claims(_ token: [UInt8]) throws(Problem) -> JSONObject {
        let keys = settings.secrets.map { JSONWebKey($0) } + (settings.fileKeys?.keys ?? []) + (published?.keys ?? [])
        let verifier = JSONWebTokenVerifier(keys: keys, issuers: settings.issuers, audience: settings.audience)
        do throws(JSONWebTokenError) { return try verifier.verify(token, nowSeconds: now()) } catch {
            if error == .unknownKey, let published, published.mayHaveUnknownKey() { throw .keysUnavailable }
            throw .invalidToken(error.message)
        }
    }

    /// A positive number, or its digits as identity providers write them whose claims are texts.
    private static func customerID(_ claim: JSONValue?) -> Int64? {
        let id: Int64?
        switch claim {
        case .integer(let number): id = number
        case .string(let text):
            let isNumber = text.utf8.first != UInt8(ascii: "0") && text.utf8.allSatisfy(HTTPSyntax.isDigit)
            id = isNumber ? Int64(text) : nil
        case nil, .null, .bool, .decimal, .array, .object: id = nil
        }
        return id.flatMap { $0 > 0 ? $0 : nil }
    }
}
