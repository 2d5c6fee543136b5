import HTTPMessages
import JSON

/// Keeps web pages away from operations that ask for no token, because none is configured.
///
/// A page of any site can send a simple request to this machine (cross-site request forgery), and once its own name leads to a
/// loopback address it can read the answers too (DNS rebinding). What a browser says in `Origin`, `Sec-Fetch-Site` and `Host`
/// no page can choose. Other programs send none of the first two, and reach a service without an API token by a loopback
/// address, the only one that it may listen on.
struct AnonymousCallers: Sendable {
    let crossOrigin: CrossOriginPolicy

    /// - Throws: a problem of status 403 for a request under another host's name, and for one that a page of another origin
    ///   made, unless `CORS_ORIGINS` lists it.
    func authorize(_ request: Request) throws(Problem) {
        let hosts = request.headers.values(of: "Host")
        guard hosts.allSatisfy({ Authority($0[...])?.isLoopback == true }) else { throw .hostNotAllowed }
        let origins = request.headers.values(of: "Origin")
        guard origins.allSatisfy({ AnonymousCallers.isOwn($0, hosts) || crossOrigin.isListed($0) }) else {
            throw .crossSiteRequest
        }
        // A link, a form that reads or an image sends no Origin. `same-site` is another port of this machine, or another
        // name below the same domain: not this service's own page either.
        let sites = request.headers.values(of: "Sec-Fetch-Site")
        guard
            !origins.isEmpty || sites.allSatisfy({ $0.hasSameBytes(as: "same-origin") || $0.hasSameBytes(as: "none") })
        else { throw .crossSiteRequest }
    }

    private static func isOwn(_ origin: String, _ hosts: [String]) -> Bool {
        hosts.contains {
            HTTPSyntax.isSame(origin, "http://\($0)") || HTTPSyntax.isSame(origin, "https://\($0)")
        }
    }
}

extension Problem {
    static let hostNotAllowed = Problem(
        .hostNotAllowed,
        detail:
            "Without an API_TOKEN the service answers to localhost and loopback addresses only, so that no web page "
            + "can read it under a name of its own.")

    static let crossSiteRequest = Problem(
        .crossSiteRequest,
        detail:
            "Without an API_TOKEN no web page of another origin may call. List its origin in CORS_ORIGINS, or set an "
            + "API_TOKEN.")
}
