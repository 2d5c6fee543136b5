package import Concurrency
package import HTTPMessages
package import JSON
package import Telemetry

/// The way every request takes, whichever way it came in: correlation and deadline, route, access, media type,
/// operation, and on the way out the problem, the headers, the log line and the measurement.
package struct Application: Sendable {
    /// What a problem must carry beyond the standard members; the orchestrator adds its own two.
    package typealias ProblemExtensions = @Sendable (_ correlationID: String) -> [(name: String, value: JSONValue)]

    package let router: Router
    let immediatePaths: [String]
    private let interceptors: [any Interceptor]
    private let tokens: AccessTokens
    /// Nil where changes are not told of.
    private let audit: AuditLog?
    private let crossOrigin: CrossOriginPolicy
    /// Nil where whoever is in front decides who may call.
    private let anonymousCallers: AnonymousCallers?
    private let logger: Logger
    private let metrics: Metrics
    private let spans: SpanSink?
    private let problemExtensions: ProblemExtensions

    /// - Parameters:
    ///   - isBehindGateway: whether requests come from a gateway that decides who may call (Lambda), under its own host name.
    ///   - admit: throws while operations cannot be served. Those that tell how the service is are served all the same.
    ///   - spans: takes a span of each request, and those of what is done for it; nil for nobody.
    ///   - limits: how many requests a caller may make; nil for as many as come.
    ///   - audit: tells who changed what; nil for nobody to be told.
    ///   - interceptors: behind the application's own, in this order.
    package init(
        routes: [Route], tokens: AccessTokens, crossOrigin: CrossOriginPolicy, logger: Logger, metrics: Metrics,
        spans: SpanSink? = nil, isBehindGateway: Bool = false,
        admit: @escaping @Sendable () throws(Problem) -> Void = {}, limits: CallerLimits? = nil, audit: AuditLog? = nil,
        interceptors: [any Interceptor] = [],
        problemExtensions: @escaping ProblemExtensions = { _ in [] }
    ) {
        router = Router(routes)
        immediatePaths = routes.filter { $0.isImmediate && $0.method == .get }.map(\.path)
        // First of all, so that a request counts whatever else is wrong with it, and no denial goes unnoticed.
        let first: [(any Interceptor)?] = [audit, limits]
        self.interceptors =
            first.compactMap(\.self) + [BodyCheck(), AdmissionCheck(admit: admit), DeadlineCheck()] + interceptors
        self.tokens = tokens
        self.audit = audit
        self.crossOrigin = crossOrigin
        anonymousCallers = isBehindGateway ? nil : AnonymousCallers(crossOrigin: crossOrigin)
        self.logger = logger
        self.metrics = metrics
        self.spans = spans
        self.problemExtensions = problemExtensions
        ApplicationMetrics.declare(for: routes, in: metrics)
    }

    /// The answer to a request. Never fails: what goes wrong becomes a problem. One that has to wait for something waits on the
    /// calling thread.
    package func respond(
        _ request: Request, _ metadata: RequestMetadata, logger: Logger? = nil, trace: TraceContext? = nil,
        by limit: Deadline? = nil
    ) -> Response {
        handle(request, metadata, logger: logger, trace: trace, by: limit).awaited()
    }

    /// The answer to a request, or what it waits for. Never fails: what goes wrong becomes a problem.
    ///
    /// - Parameters:
    ///   - logger: in place of the application's, for what the lines of this request have to carry.
    ///   - trace: the trace that whatever handed the request on names; a `traceparent` of the caller's comes before it.
    ///   - limit: a deadline of whatever handed it on (Lambda's), which the caller's cannot pass.
    package func handle(
        _ request: Request, _ metadata: RequestMetadata, logger: Logger? = nil, trace: TraceContext? = nil,
        by limit: Deadline? = nil
    ) -> RequestOutcome {
        let match = router.match(request.method, request.path)
        let record = RequestRecord(
            request, metadata, trace: trace, logger ?? self.logger, spans, asksAboutService: match.isAboutService)
        switch match {
        case .route(let route, let parameters):
            return finished(record, request, route) { () throws(Problem) in
                try run(route, parameters, request, record, metadata, limit)
            }
        case .methodNotAllowed(let allowed):
            return finished(record, request, nil) { () throws(Problem) in throw .methodNotAllowed(allowed) }
        case .notFound:
            return finished(record, request, nil) { () throws(Problem) in throw .routeNotFound }
        }
    }

    /// Runs a handler, or runs it again; gives its response the form of all responses, or has it run again later.
    private func finished(
        _ record: RequestRecord, _ request: Request, _ route: Route?,
        _ attempt: () throws(Problem) -> RoutedOutcome
    ) -> RequestOutcome {
        var response: Response
        var problemCode: String?
        do throws(Problem) {
            switch try attempt() {
            case .response(let given): response = given
            case .waiting(let signal, let version, let deadline, let resume):
                return .parked(
                    ParkedRequest(signal: signal, version: version, deadline: deadline) { isLast in
                        finished(record, request, route) { () throws(Problem) in try resume(isLast) }
                    })
            }
        } catch {
            response = render(error, request, record)
            problemCode = error.code
        }
        if let preflight = preflight(request) {
            response = preflight
            problemCode = nil
        }
        crossOrigin.decorate(&response, for: request)
        record.finish(
            &response, request, route, operationID: route?.operationID ?? "unmatched",
            path: router.shown(request.path, on: route), problemCode: problemCode, metrics: metrics)
        if let route, route.method != .get, response.headers["Idempotency-Replayed"] != nil {
            metrics.increment(ApplicationMetrics.replays, [route.operationID])
        }
        return .response(response)
    }

    /// The answer to a request that the server refuses by itself, or could not even read.
    package func refuse(_ refusal: RequestRefusal, _ request: Request?) -> Response {
        let request = request ?? Request(.get, "")
        let metadata = RequestMetadata(
            receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: "")
        let record = RequestRecord(request, metadata, trace: nil, logger, spans)
        let problem = Problem(refusal)
        metrics.increment(ApplicationMetrics.refused, [problem.code])
        var response = render(problem, request, record)
        crossOrigin.decorate(&response, for: request)
        record.finish(
            &response, request, nil, operationID: "refused", path: router.shown(request.path, on: nil),
            problemCode: problem.code, metrics: metrics)
        return response
    }

    private func run(
        _ route: Route, _ parameters: [String: String], _ request: Request, _ record: RequestRecord,
        _ metadata: RequestMetadata, _ limit: Deadline?
    ) throws(Problem) -> RoutedOutcome {
        let caller: Caller
        do { caller = try authorize(request, for: route) } catch {
            if AuditLog.isDenial(error) {
                audit?.deny(request, route, error, remoteAddress: metadata.remoteAddress, record.logger)
            }
            throw error
        }
        _ = try RequestHeaders.correlationID(request)
        var deadline = try RequestHeaders.deadline(request, receivedAt: metadata.receivedAtUptimeNanoseconds)
        if let limit { deadline = min(deadline, limit) }
        let call = CallContext(
            deadline: deadline, trace: record.trace, correlationID: record.correlationID, caller: caller,
            logger: record.logger, spans: spans, notes: record.notes)
        let context = RequestContext(
            call, pathParameters: parameters, remoteAddress: metadata.remoteAddress)
        return try proceed(RoutedRequest(request: request, route: route, context: context), interceptors[...])
    }

    func authorize(_ request: Request, for route: Route) throws(Problem) -> Caller {
        if let caller = try route.access.caller(request, tokens) { return caller }
        try anonymousCallers?.authorize(request)
        return .default
    }

    private func proceed(
        _ routed: RoutedRequest, _ interceptors: ArraySlice<any Interceptor>
    ) throws(Problem) -> RoutedOutcome {
        guard let first = interceptors.first else { return try routed.route.action.run(routed) }
        return try first.intercept(routed) { (routed) throws(Problem) in
            try proceed(routed, interceptors.dropFirst())
        }
    }

    private func render(_ problem: Problem, _ request: Request, _ record: RequestRecord) -> Response {
        if let cause = problem.cause {
            record.logger.error(problem.detail, ["code": problem.code, "cause": String(describing: cause)])
        }
        var problem = problem
        for member in problemExtensions(record.correlationID)
        where !problem.extensions.contains(where: { $0.name == member.name }) {
            problem.extensions.append(member)
        }
        let path = String(request.path)
        return problem.response(instance: path.isEmpty ? nil : path, traceID: record.trace.traceID)
    }

    private func preflight(_ request: Request) -> Response? {
        guard request.method == .options, case .methodNotAllowed(let allowed) = router.match(.options, request.path)
        else { return nil }
        return crossOrigin.preflight(request, allowed: allowed)
    }
}
