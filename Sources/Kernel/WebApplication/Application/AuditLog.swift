package import Concurrency
private import Digests
internal import HTTPMessages
private import Resilience
package import Telemetry

/// Tells who changed what: a line `audit` of the log for each request that changed something or may have, and for those whose caller could
/// not prove who they are. No level of the log leaves one out. It names no person: callers by the operator's names or a customer's number, keys
/// by a digest.
package struct AuditLog: Sendable {
    enum Outcome: String {
        /// Something was changed.
        case done
        /// Nobody knows whether something was.
        case unknown
        /// The caller did not prove who they are, or may not.
        case denied
    }

    private static let leftOut = Metrics.Definition(
        "audit_lines_left_out_total", "Denied requests that have no line in the audit log, since too many came.",
        .counter)

    /// 10 a minute of one address: enough to see that somebody tries, and what.
    private static let deniedOfOneAddress = RequestRate(requests: 10, windowSeconds: 60)
    /// 300 a minute of all: 100 KB of lines, whoever sends from however many addresses.
    private static let deniedOfAll = RequestRate(requests: 300, windowSeconds: 60)

    private let tokens: AccessTokens
    private let addresses: ClientAddresses
    private let metrics: Metrics
    private let deniedByAddress: RateLimiter<String>
    private let denied: RateLimiter<String>

    /// - Parameter clock: tells how long ago requests were denied.
    package init(
        tokens: AccessTokens, addresses: ClientAddresses, metrics: Metrics, clock: MonotonicClock = .system
    ) {
        self.tokens = tokens
        self.addresses = addresses
        self.metrics = metrics
        deniedByAddress = RateLimiter(clock: clock)
        denied = RateLimiter(keysMax: 1, clock: clock)
        metrics.declare(AuditLog.leftOut)
    }

    /// Tells of a request that was denied. Of many only some have a line.
    func deny(
        _ request: Request, _ route: Route, _ problem: Problem, remoteAddress: String, _ logger: Logger
    ) {
        let address = addresses.client(of: request, remote: remoteAddress)
        guard deniedByAddress.take(address, at: AuditLog.deniedOfOneAddress).isAllowed,
            denied.take("", at: AuditLog.deniedOfAll).isAllowed
        else { return metrics.increment(AuditLog.leftOut) }
        logger.audit([
            "outcome": Outcome.denied.rawValue, "operation": route.operationID, "status": problem.status.code,
            "code": problem.code,
        ])
    }

    /// Whether a problem tells that the caller did not prove who they are, or may not.
    static func isDenial(_ problem: Problem) -> Bool {
        problem.status == .unauthorized || problem.status == .forbidden
    }

    /// - Parameter headers: of the answer.
    private func note(
        _ outcome: Outcome, _ routed: RoutedRequest, _ status: Status, _ headers: HeaderFields, code: String?
    ) {
        // An operation whose body names the correlation id has set it.
        let logger = headers["X-Correlation-Id"].map { routed.context.logger.with(["correlation_id": $0]) }
        let key = (try? routed.request.idempotencyKey())?.text
        (logger ?? routed.context.logger).audit([
            "outcome": outcome.rawValue, "caller": name(routed), "operation": routed.route.operationID,
            "resource_id": routed.context.id ?? AuditLog.id(in: headers["Location"]), "status": status.code,
            "code": code, "key_digest": key.map { AuditLog.digest($0) },
        ])
    }

    private func name(_ routed: RoutedRequest) -> String {
        let caller = routed.context.call.caller
        if caller != .default { return caller.name }
        switch tokens.holder(of: routed.request) {
        case .service: return "service"
        case .api(let caller): return caller.name
        case nil: return "anonymous"
        }
    }

    /// The number at the end of a path.
    private static func id(in location: String?) -> Int64? {
        location?.split(separator: "/").last.flatMap { Int64($0) }
    }

    /// 8 bytes: enough that no two keys of one day are taken for each other.
    private static func digest(_ key: String) -> String { Hex.encode(Array(SHA256.digest(Array(key.utf8)).prefix(8))) }
}

extension AuditLog: Interceptor {
    package func intercept(
        _ routed: RoutedRequest, _ next: (RoutedRequest) throws(Problem) -> RoutedOutcome
    ) throws(Problem) -> RoutedOutcome {
        do {
            guard AuditLog.isChanging(routed.request.method) else { return try next(routed) }
            return try next(routed).mapping { response in
                note(response, routed)
                return response
            } problem: { problem in
                note(problem, routed)
                return problem
            }
        } catch {
            note(error, routed)
            throw error
        }
    }

    private static func isChanging(_ method: Method) -> Bool {
        method != .get && method != .head && method != .options
    }

    /// A repetition has changed nothing.
    private func note(_ response: Response, _ routed: RoutedRequest) {
        guard response.status.isSuccess, response.headers["Idempotency-Replayed"] == nil else { return }
        note(.done, routed, response.status, response.headers, code: nil)
    }

    private func note(_ problem: Problem, _ routed: RoutedRequest) {
        if AuditLog.isDenial(problem) {
            return deny(
                routed.request, routed.route, problem, remoteAddress: routed.context.remoteAddress,
                routed.context.logger)
        }
        let isUnknown = [ProblemType.outcomeUnknown, .deadlineExceeded, .internalError].contains(problem.kind)
        guard isUnknown, AuditLog.isChanging(routed.request.method) else { return }
        note(.unknown, routed, problem.status, problem.headers, code: problem.code)
    }
}
