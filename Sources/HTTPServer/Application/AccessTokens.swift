private import Crypto
package import HTTPTypes

/// The bearer tokens (RFC 6750) that a service accepts, kept as digests so that neither a core dump nor a comparison's
/// time gives them away.
package struct AccessTokens: Sendable {
    private let service: [[UInt8]]
    private let api: [[UInt8]]

    /// - Parameters:
    ///   - service: for calls between services; two while they are being rotated.
    ///   - api: for callers from outside; none means that these routes are open to everybody who reaches the port.
    package init(service: [String], api: [String]) {
        self.service = service.map { SHA256.digest(Array($0.utf8)) }
        self.api = api.map { SHA256.digest(Array($0.utf8)) }
    }

    /// - Throws: a problem of status 401 unless the request carries a token that `access` asks for.
    package func authorize(_ request: Request, for access: Route.Access) throws(Problem) {
        let accepted: [[UInt8]]
        switch access {
        case .everybody: return
        case .apiToken:
            if api.isEmpty { return }
            accepted = api + service
        case .serviceToken: accepted = service
        case .anyToken: accepted = api + service
        }
        guard let token = AccessTokens.bearerToken(request) else { throw .unauthorized("A bearer token is needed.") }
        let digest = SHA256.digest(Array(token.utf8))
        // Every accepted token is compared, so that the time does not tell which one matched.
        let matches = accepted.reduce(false) { matched, candidate in constantTimeEquals(candidate, digest) || matched }
        guard matches else { throw .unauthorized("The bearer token is not valid.") }
    }

    private static func bearerToken(_ request: Request) -> Substring? {
        let values = request.headers.values(of: "Authorization")
        guard values.count == 1, let value = values.first, value.utf8.count > 7,
            value.prefix(7).lowercased() == "bearer "
        else { return nil }
        // One blank or several part the scheme from the token (RFC 9110 section 11.4).
        return value.dropFirst(7).drop { $0 == " " }
    }
}
