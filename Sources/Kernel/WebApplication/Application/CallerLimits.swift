package import Concurrency
internal import HTTPMessages
package import Resilience
package import Telemetry

/// Limits the requests of each caller, and says in each answer how much of the limit is left
/// (draft-ietf-httpapi-ratelimit-headers-10).
///
/// A caller is who has a name in `API_TOKENS`, who holds the API token, a customer with a token of their own, and else an address. Other
/// services are not limited, and neither are operations that tell how the service is.
package struct CallerLimits: Sendable {
    package struct Rates: Sendable, Equatable {
        /// Nil for no limit.
        package let ordinary: RequestRate?
        /// For some callers, by name: nil for none. `customer` and `address` stand for each of those.
        package let own: [String: RequestRate?]

        package init(_ ordinary: RequestRate?, own: [String: RequestRate?] = [:]) {
            self.ordinary = ordinary
            self.own = own
        }

        /// Whether anybody is limited.
        package var isEmpty: Bool { ordinary == nil && own.values.allSatisfy { $0 == nil } }

        func rate(_ name: String) -> RequestRate? { own[name] ?? ordinary }
    }

    static let refusals = Metrics.Definition(
        "rate_limited_requests_total", "Requests refused because their caller had made as many as it may.", .counter,
        labels: ["caller"])

    /// 128: as many names as `API_TOKENS` takes, and as many again after an exchange of all.
    private static let namesMax = 128

    private enum Group: String {
        case customer, address
    }

    private let rates: Rates
    private let tokens: AccessTokens
    private let addresses: ClientAddresses
    private let metrics: Metrics
    // Each kind has a table of its own: no number of strangers takes the room of those who are known.
    private let named: RateLimiter<String>
    private let customers: RateLimiter<String>
    private let strangers: RateLimiter<String>

    /// - Parameters:
    ///   - names: of the callers that may be limited, for `rate_limited_requests_total`.
    ///   - clock: tells how long ago a caller's requests were.
    /// - Returns: nil where nobody is limited.
    package init?(
        _ rates: Rates, names: [String], tokens: AccessTokens, addresses: ClientAddresses, metrics: Metrics,
        clock: MonotonicClock = .system
    ) {
        let labels = [Caller.default.name, Group.customer.rawValue, Group.address.rawValue] + names
        metrics.declare(CallerLimits.refusals, labels.map { [$0] })
        guard !rates.isEmpty else { return nil }
        self.rates = rates
        self.tokens = tokens
        self.addresses = addresses
        self.metrics = metrics
        named = RateLimiter(keysMax: CallerLimits.namesMax, clock: clock)
        customers = RateLimiter(clock: clock)
        strangers = RateLimiter(clock: clock)
    }

    private struct Turn {
        let label: String
        let rate: RequestRate
        let verdict: RateLimiter<String>.Verdict
    }

    /// Counts the request; nil for one that is not limited.
    private func take(_ routed: RoutedRequest) -> Turn? {
        if routed.route.access.isAboutService { return nil }
        let caller = routed.context.call.caller
        if caller != .default {
            guard !tokens.isNamed(caller) else { return take(caller.name, caller.name, named) }
            return take(Group.customer.rawValue, caller.name, customers)
        }
        switch tokens.holder(of: routed.request) {
        case .service: return nil
        case .api(let caller): return take(caller.name, caller.name, named)
        case nil:
            let address = addresses.client(of: routed.request, remote: routed.context.remoteAddress)
            return take(Group.address.rawValue, address, strangers)
        }
    }

    private func take(_ label: String, _ key: String, _ limiter: RateLimiter<String>) -> Turn? {
        rates.rate(label).map { Turn(label: label, rate: $0, verdict: limiter.take(key, at: $0)) }
    }
}

extension CallerLimits: Interceptor {
    package func intercept(
        _ routed: RoutedRequest, _ next: (RoutedRequest) throws(Problem) -> RoutedOutcome
    ) throws(Problem) -> RoutedOutcome {
        guard let turn = take(routed) else { return try next(routed) }
        let fields = CallerLimits.fields(turn)
        guard turn.verdict.isAllowed else {
            metrics.increment(CallerLimits.refusals, [turn.label])
            throw CallerLimits.added(fields, to: .rateLimited(turn.rate, turn.verdict.retryAfterSeconds))
        }
        do {
            return try next(routed).mapping { (response) in
                var response = response
                for field in fields.fields { response.headers[field.name] = field.value }
                return response
            } problem: {
                CallerLimits.added(fields, to: $0)
            }
        } catch {
            throw CallerLimits.added(fields, to: error)
        }
    }

    private static func fields(_ turn: Turn) -> HeaderFields {
        [
            "RateLimit-Policy": #""default";q=\#(turn.rate.burst);w=\#(turn.rate.fullSeconds)"#,
            "RateLimit": #""default";r=\#(turn.verdict.remaining);t=\#(turn.verdict.fullSeconds)"#,
        ]
    }

    private static func added(_ fields: HeaderFields, to problem: Problem) -> Problem {
        var problem = problem
        for field in fields.fields { problem.headers[field.name] = field.value }
        return problem
    }
}

extension Problem {
    static func rateLimited(_ rate: RequestRate, _ retryAfterSeconds: Int) -> Problem {
        Problem(
            .rateLimited,
            detail: "This caller may make \(rate.requests) requests in \(rate.windowSeconds) s, and has made them.",
            retryAfterSeconds: retryAfterSeconds)
    }
}
