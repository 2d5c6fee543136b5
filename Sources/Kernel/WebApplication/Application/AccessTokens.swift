private import Digests
internal import HTTPMessages
package import Telemetry

/// The bearer tokens (RFC 6750) that a service accepts, kept as digests so that neither a core dump nor a comparison's
/// time gives them away.
package struct AccessTokens: Sendable {
    private struct Accepted {
        let digest: [UInt8]
        let caller: Caller

        init(_ token: String, _ caller: Caller) {
            digest = SHA256.digest(Array(token.utf8))
            self.caller = caller
        }
    }

    private let service: [Accepted]
    private let api: [Accepted]

    /// - Parameters:
    ///   - service: for calls between services; two while they are being rotated.
    ///   - api: for callers from outside who have no name; two while they are being rotated.
    ///   - named: for callers who have one. No token of either kind means that these routes are open to everybody who reaches
    ///     the port.
    package init(service: [String], api: [String], named: [(caller: Caller, token: String)] = []) {
        self.service = service.map { Accepted($0, .default) }
        self.api = api.map { Accepted($0, .default) } + named.map { Accepted($0.token, $0.caller) }
    }

    var hasAPITokens: Bool { !api.isEmpty }

    /// Who holds the request's token.
    ///
    /// - Parameter api: whether API tokens count, besides the service's.
    /// - Throws: a problem of status 401 unless the request carries a token that counts.
    func caller(of request: Request, api isAPI: Bool) throws(Problem) -> Caller {
        guard let token = request.bearerToken else { throw .unauthorized("A bearer token is needed.") }
        guard let caller = AccessTokens.holder(of: token, among: isAPI ? api + service : service) else {
            throw .unauthorized("The bearer token is not valid.")
        }
        return caller
    }

    /// Whether the request carries the service token.
    func isOfService(_ request: Request) -> Bool {
        request.bearerToken.map { AccessTokens.holder(of: $0, among: service) != nil } ?? false
    }

    private static func holder(of token: [UInt8], among accepted: [Accepted]) -> Caller? {
        let digest = SHA256.digest(token)
        // Every accepted token is compared, so that the time does not tell which one matched.
        return accepted.reduce(nil) { found, candidate in
            constantTimeEquals(candidate.digest, digest) ? candidate.caller : found
        }
    }
}
