import BlockingTesting
import Concurrency
import ConcurrencyTesting
import HTTPMessages
import JSON
import OutboundAddresses
import Resilience
import Telemetry
import Testing

@testable import WebApplication

@Suite(.blocking) struct CallerLimitsTests {
    private let time = ManualClock()
    private let metrics = Metrics()

    private static let customer = AccessRule("customer") { (request, _) in
        Caller(name: "customer:\(request.headers["X-Customer"] ?? "1")")
    }

    private static let routes = [
        Route("getHealth", .get, "/health", access: .everybody) { _, _ in Response(.ok) },
        Route("getDetailed", .get, "/detailed", access: .anyToken) { _, _ in Response(.ok) },
        Route("getItem", .get, "/item", access: .apiToken) { _, _ in Response(.ok) },
        Route("failItem", .post, "/item", access: .apiToken) { (_, _) throws(Problem) in throw .stale },
        Route("getOwn", .get, "/own", access: customer) { _, _ in Response(.ok) },
        Route("login", .post, "/login", access: .anybody) { _, _ in Response(.ok) },
    ]

    private func application(
        _ rates: CallerLimits.Rates = CallerLimits.Rates(RequestRate(requests: 2, windowSeconds: 60)),
        apiTokens: [String] = ["api"], proxies: [String] = ["10.0.0.0/8"], routes: [Route] = routes,
        origins: [String] = []
    ) -> Application {
        let tokens = AccessTokens(
            service: ["service"], api: apiTokens,
            named: apiTokens.isEmpty ? [] : [(Caller(name: "acme"), "acme"), (Caller(name: "shop"), "shop")])
        return Application(
            routes: routes, tokens: tokens, crossOrigin: CrossOriginPolicy(origins: origins),
            logger: Logger(service: "test", sink: LogSink { _ in }), metrics: metrics,
            limits: CallerLimits(
                rates, names: ["acme", "shop"], tokens: tokens,
                addresses: ClientAddresses(proxies: proxies.compactMap { IPNetwork($0) }), metrics: metrics,
                clock: time.clock))
    }

    private func send(
        _ application: Application, _ target: String, _ token: String? = nil, from address: String = "192.0.2.1",
        method: HTTPMessages.Method = .get, with headers: HeaderFields = [:]
    ) -> Response {
        var request = Request(method, target, headers: headers)
        if let token { request.headers["Authorization"] = "Bearer \(token)" }
        return application.respond(
            request,
            RequestMetadata(receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: address))
    }

    private func statuses(
        _ application: Application, _ target: String, _ token: String? = nil, from address: String = "192.0.2.1",
        with headers: HeaderFields = [:], times: Int = 3
    ) -> [Int] {
        (1...times).map { _ in send(application, target, token, from: address, with: headers).status.code }
    }

    @Test func `one request too many is a problem that says when, and each answer says how many are left`() {
        let application = application()
        let first = send(application, "/item", "api")
        #expect(first.status == .ok && first.headers["RateLimit-Policy"] == #""default";q=2;w=60"#)
        #expect(first.headers["RateLimit"] == #""default";r=1;t=30"#)
        let failed = send(application, "/item", "api", method: .post)
        #expect(failed.status == .preconditionFailed && failed.headers["RateLimit"] == #""default";r=0;t=60"#)
        let refused = send(application, "/item", "api")
        #expect(refused.status == .tooManyRequests && refused.code == "rate-limited")
        #expect(refused.headers["Retry-After"] == "30" && refused.headers["RateLimit"] == #""default";r=0;t=60"#)
        #expect(refused.json?["retryable"] == .bool(true))
        time.advance(milliseconds: 30_000)
        #expect(statuses(application, "/item", "api") == [200, 429, 429])
    }

    @Test func `each caller has a limit of its own`() {
        let application = application()
        for token in ["api", "acme", "shop"] { #expect(statuses(application, "/item", token) == [200, 200, 429]) }
        for customer in ["1", "2"] {
            #expect(statuses(application, "/own", with: ["X-Customer": customer]) == [200, 200, 429])
        }
        for address in ["192.0.2.1", "192.0.2.2"] {
            let codes = (1...3).map { _ in
                send(application, "/login", from: address, method: .post).status.code
            }
            #expect(codes == [200, 200, 429])
        }
        #expect(statuses(application, "/item", "acme") == [429, 429, 429])
    }

    @Test func `other services and operations about the service have no limit`() {
        let application = application()
        #expect(statuses(application, "/item", "service", times: 20).allSatisfy { $0 == 200 })
        #expect(statuses(application, "/health", times: 20).allSatisfy { $0 == 200 })
        #expect(statuses(application, "/detailed", "api", times: 20).allSatisfy { $0 == 200 })
        #expect(send(application, "/item", "service").headers["RateLimit"] == nil)
    }

    @Test func `who is not let in uses up nobody's limit`() {
        let application = application()
        #expect(statuses(application, "/item", "wrong", times: 20).allSatisfy { $0 == 401 })
        #expect(send(application, "/item", "wrong").headers["RateLimit"] == nil)
        #expect(statuses(application, "/item", "api") == [200, 200, 429])
    }

    @Test func `without an API token callers are told apart by their address, behind proxies of ours too`() {
        let application = application(apiTokens: [])
        let host: HeaderFields = ["Host": "127.0.0.1"]
        #expect(statuses(application, "/item", from: "192.0.2.1", with: host) == [200, 200, 429])
        #expect(statuses(application, "/item", from: "192.0.2.2", with: host) == [200, 200, 429])
        var behind = host
        for client in ["203.0.113.1", "203.0.113.2"] {
            behind["X-Forwarded-For"] = client
            #expect(statuses(application, "/item", from: "10.0.0.1", with: behind) == [200, 200, 429])
        }
        // Whoever is no proxy of ours says nothing of others.
        #expect(statuses(application, "/item", from: "192.0.2.2", with: behind) == [429, 429, 429])
        #expect(statuses(application, "/item", from: "2001:db8::1", with: host) == [200, 200, 429])
        #expect(statuses(application, "/item", from: "2001:db8::2", with: host) == [429, 429, 429])
    }

    @Test func `a caller may have a limit of its own size, or none`() {
        let own: [String: RequestRate?] = [
            "acme": RequestRate(requests: 4, windowSeconds: 60), "shop": nil,
            "customer": RequestRate(requests: 1, windowSeconds: 60),
        ]
        let application = application(CallerLimits.Rates(RequestRate(requests: 2, windowSeconds: 60), own: own))
        #expect(statuses(application, "/item", "acme", times: 5) == [200, 200, 200, 200, 429])
        #expect(statuses(application, "/item", "shop", times: 20).allSatisfy { $0 == 200 })
        #expect(statuses(application, "/own") == [200, 429, 429])
        #expect(statuses(application, "/item", "api") == [200, 200, 429])
    }

    @Test func `a limit counts what is wrong in other ways, too`() {
        let application = application()
        let wrong: HeaderFields = ["X-Request-Timeout-Ms": "60", "Content-Type": "text/plain"]
        var request = Request(.post, "/item", headers: wrong, body: [0])
        request.headers["Authorization"] = "Bearer api"
        let metadata = RequestMetadata(
            receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: "192.0.2.1")
        #expect((1...3).map { _ in application.respond(request, metadata).status.code } == [415, 415, 429])
    }

    @Test func `an answer that was waited for says how many are left`() {
        let signal = WakeSignal()
        let route = Route("wait", .get, "/wait", access: .apiToken, waitingFor: signal) {
            (_, _, isLast) throws(Problem) in
            guard isLast else { return nil }
            return Response(.ok)
        }
        let response = send(application(routes: [route]), "/wait", "api", with: ["X-Request-Timeout-Ms": "300"])
        #expect(response.status == .ok && response.headers["RateLimit"] == #""default";r=1;t=30"#)
    }

    @Test func `refusals are counted by caller, from zero on`() {
        let application = application()
        let before = metrics.prometheusText()
        for caller in ["acme", "address", "customer", "default", "shop"] {
            #expect(before.contains("rate_limited_requests_total{caller=\"\(caller)\"} 0\n"))
        }
        _ = statuses(application, "/item", "acme", times: 5)
        _ = statuses(application, "/own", with: ["X-Customer": "7700077"], times: 4)
        let after = metrics.prometheusText()
        #expect(after.contains("rate_limited_requests_total{caller=\"acme\"} 3\n"))
        #expect(after.contains("rate_limited_requests_total{caller=\"customer\"} 2\n"))
        #expect(!after.contains("7700077"))
    }

    @Test func `a web page may read how many are left`() {
        let application = application(origins: ["https://shop.example"])
        let response = send(application, "/item", "api", with: ["Origin": "https://shop.example"])
        let exposed = response.headers["Access-Control-Expose-Headers"] ?? ""
        #expect(exposed.contains("RateLimit, RateLimit-Policy, Retry-After"))
    }

    @Test func `where nobody is limited there are no limits`() {
        let tokens = AccessTokens(service: [], api: [])
        let addresses = ClientAddresses(proxies: [])
        for rates in [CallerLimits.Rates(nil), CallerLimits.Rates(nil, own: ["acme": nil])] {
            #expect(CallerLimits(rates, names: [], tokens: tokens, addresses: addresses, metrics: metrics) == nil)
        }
    }
}
