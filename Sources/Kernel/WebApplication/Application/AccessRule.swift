package import HTTPMessages
package import Telemetry

/// Who may call an operation. The rules that go by tokens stand here; whoever authorizes by something else, such as a signed
/// body, makes a rule of its own.
package struct AccessRule: Sendable {
    /// For logs and tests; no two rules share one.
    package let name: String
    /// Whether the operation tells how the service is: it is served even while the others cannot be.
    package let isAboutService: Bool
    /// Nil for a request that is let in only because no API token is configured.
    ///
    /// Throws a problem of status 401 for a request that may not call.
    let caller: @Sendable (Request, AccessTokens) throws(Problem) -> Caller?

    package init(
        _ name: String, isAboutService: Bool = false,
        caller: @escaping @Sendable (Request, AccessTokens) throws(Problem) -> Caller?
    ) {
        self.name = name
        self.isAboutService = isAboutService
        self.caller = caller
    }

    /// Everybody: liveness, metrics.
    package static let everybody = AccessRule("everybody", isAboutService: true) { _, _ in .default }

    /// Everybody, for operations of the service's own work. Where no API token is configured, web pages of other origins are kept away.
    package static let anybody = AccessRule("anybody") { (_, tokens) throws(Problem) in
        tokens.hasAPITokens ? .default : nil
    }

    /// Everybody, for operations of the service's own work, whatever page the request came from.
    package static let anyPage = AccessRule("any-page") { (_, _) throws(Problem) in .default }

    /// Holders of an API token, where one is configured, and of the service token.
    package static let apiToken = AccessRule("api-token") { (request, tokens) throws(Problem) in
        if tokens.hasAPITokens { return try tokens.caller(of: request, api: true) }
        return tokens.isOfService(request) ? .default : nil
    }

    /// Holders of the service token only.
    package static let serviceToken = AccessRule("service-token") { (request, tokens) throws(Problem) in
        try tokens.caller(of: request, api: false)
    }

    /// Holders of any token, always.
    package static let anyToken = AccessRule("any-token", isAboutService: true) { (request, tokens) throws(Problem) in
        try tokens.caller(of: request, api: true)
    }
}
