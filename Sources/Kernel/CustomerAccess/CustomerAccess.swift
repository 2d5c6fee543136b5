package import Concurrency
package import CurlHTTPClient
private import JSONWebTokens
package import Telemetry
package import WebApplication

/// Lets customers in who bear a token of their own.
package struct CustomerAccess: Sendable {
    /// For operations on what a customer owns. The caller is `Caller.customer`, so that nobody's idempotency keys are another's;
    /// `RequestContext.customerID` names them.
    ///
    /// Answers 401 for a token that is absent or not to be believed, 403 (`customer-claim-missing`) for one without a customer, 503
    /// (`keys-unavailable`) while the keys cannot be had that may have signed it. It never waits.
    package let rule: AccessRule
    /// What goes on beside the requests: none where no `JWKS_URL` is set.
    package let workers: [Worker]

    /// - Parameters:
    ///   - transport: gets the keys from `JWKS_URL`.
    ///   - clock: tells when they are to be read again.
    ///   - nowSeconds: since 1970; what tokens' times are compared with.
    package init(
        _ settings: CustomerAccessSettings, transport: any HTTPTransport = CustomerAccess.keysTransport(),
        clock: MonotonicClock = .system, nowSeconds: @escaping @Sendable () -> Int = CustomerAccess.nowSeconds,
        _ logger: Logger, _ metrics: Metrics
    ) {
        let published = settings.keysURL.map { PublishedKeys($0, transport: transport, clock: clock, logger, metrics) }
        let reader = CustomerTokenReader(settings: settings, published: published, now: nowSeconds)
        rule = AccessRule("customer") { (request, _) throws(Problem) in .customer(try reader.customerID(of: request)) }
        workers = published.map { [$0.makeWorker()] } ?? []
        for key in settings.fileKeys?.passedOver ?? [] {
            logger.info("key of JWKS_FILE passed over", ["key": key.index + 1, "reason": key.reason.description])
        }
    }

    /// One connection, closed soon, and replies of 64 KiB at most.
    package static func keysTransport() -> CurlTransport {
        var configuration = CurlTransportConfiguration()
        // An identity provider may be further away than this product's own services.
        configuration.connectTimeoutMilliseconds = 3000
        configuration.replyBytesMax = JSONWebKeySet.byteCountMax
        configuration.handlesMax = 1
        return CurlTransport(configuration: configuration)
    }

    /// This process's wall clock, in seconds since 1970.
    ///
    /// Not the database's, by which goes what is stored: a token's times are those of its issuer's clock, which is neither, and a token
    /// is judged before anything asks the database. 60 s between the clocks are allowed for; a machine's clock that is further off
    /// refuses tokens that hold, or accepts some for that much longer.
    @Sendable package static func nowSeconds() -> Int { Int(Timestamp.now().microsecondsSince1970 / 1_000_000) }
}
