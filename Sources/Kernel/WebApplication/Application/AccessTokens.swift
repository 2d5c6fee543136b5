private import Digests
package import HTTPMessages

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
        guard AccessTokens.isOne(token, of: accepted) else { throw .unauthorized("The bearer token is not valid.") }
    }

    /// Whether `authorize` lets a request in only because no API token is configured: it has no other token either.
    func isAnonymous(_ request: Request, for access: Route.Access) -> Bool {
        guard case .apiToken = access, api.isEmpty else { return false }
        return !(AccessTokens.bearerToken(request).map { AccessTokens.isOne($0, of: service) } ?? false)
    }

    private static func isOne(_ token: [UInt8], of accepted: [[UInt8]]) -> Bool {
        let digest = SHA256.digest(token)
        // Every accepted token is compared, so that the time does not tell which one matched.
        return accepted.reduce(false) { matched, candidate in constantTimeEquals(candidate, digest) || matched }
    }

    private static func bearerToken(_ request: Request) -> [UInt8]? {
        let values = request.headers.values(of: "Authorization")
        guard values.count == 1, let bytes = values.first?.utf8, bytes.count > 7,
            HTTPSyntax.isSame(Substring(bytes.prefix(7)), "Bearer ")
        else { return nil }
        // One blank or several part the scheme from the token (RFC 9110 section 11.4).
        return Array(bytes.dropFirst(7).drop { $0 == UInt8(ascii: " ") })
    }
}
