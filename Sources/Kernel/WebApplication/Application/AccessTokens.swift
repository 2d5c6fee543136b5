private import Concurrency
private import Digests
internal import HTTPMessages
package import Telemetry

/// The bearer tokens (RFC 6750) that a service accepts, kept as digests so that neither a core dump nor a comparison's
/// time gives them away. They can be exchanged while requests come in.
package final class AccessTokens: Sendable {
    /// Who bears a token.
    enum Holder: Sendable, Equatable {
        /// Another service of this product.
        case service
        case api(Caller)

        var caller: Caller {
            switch self {
            case .service: .default
            case .api(let caller): caller
            }
        }
    }

    private struct Accepted {
        let digest: [UInt8]
        let holder: Holder

        init(_ token: String, _ holder: Holder) {
            digest = SHA256.digest(Array(token.utf8))
            self.holder = holder
        }
    }

    private struct State {
        let service: [Accepted]
        let all: [Accepted]
        let names: Set<String>

        init(_ service: [String], _ api: [String], _ named: [(caller: Caller, token: String)]) {
            self.service = service.map { Accepted($0, .service) }
            all =
                self.service + api.map { Accepted($0, .api(.default)) }
                + named.map { Accepted($0.token, .api($0.caller)) }
            names = Set(named.map(\.caller.name))
        }

        var hasAPITokens: Bool { all.count > service.count }
    }

    private let state: Lock<State>

    /// - Parameters:
    ///   - service: for calls between services; two while they are being rotated.
    ///   - api: for callers from outside who have no name; two while they are being rotated.
    ///   - named: for callers who have one. No token of either kind means that these routes are open to everybody who reaches
    ///     the port.
    package init(service: [String], api: [String], named: [(caller: Caller, token: String)] = []) {
        state = Lock(State(service, api, named))
    }

    /// Has these accepted from now on, and no others.
    package func replace(service: [String], api: [String], named: [(caller: Caller, token: String)]) {
        let new = State(service, api, named)
        state.withLock { $0 = new }
    }

    var hasAPITokens: Bool { state.withLock { $0.hasAPITokens } }

    /// Whether a caller of this name has a token.
    func isNamed(_ caller: Caller) -> Bool { state.withLock { $0.names.contains(caller.name) } }

    /// Who holds the request's token.
    ///
    /// - Parameter api: whether API tokens count, besides the service's.
    /// - Throws: a problem of status 401 unless the request carries a token that counts.
    func caller(of request: Request, api isAPI: Bool) throws(Problem) -> Caller {
        guard let token = request.bearerToken else { throw .unauthorized("A bearer token is needed.") }
        let accepted = state.withLock { isAPI ? $0.all : $0.service }
        guard let holder = AccessTokens.holder(of: token, among: accepted) else {
            throw .unauthorized("The bearer token is not valid.")
        }
        return holder.caller
    }

    /// Whether the request carries the service token.
    func isOfService(_ request: Request) -> Bool { holder(of: request) == .service }

    /// Who holds the request's token; nil where it has none of these.
    func holder(of request: Request) -> Holder? {
        request.bearerToken.flatMap { token in
            AccessTokens.holder(of: token, among: state.withLock { $0.all })
        }
    }

    private static func holder(of token: [UInt8], among accepted: [Accepted]) -> Holder? {
        let digest = SHA256.digest(token)
        // Every accepted token is compared, so that the time does not tell which one matched.
        return accepted.reduce(nil) { found, candidate in
            constantTimeEquals(candidate.digest, digest) ? candidate.holder : found
        }
    }
}
