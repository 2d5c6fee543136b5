import Concurrency
import HTTPMessages
import JSON
import Telemetry

/// One request and its answer, as the log and the measurements keep them.
struct RequestRecord {
    static let durations = Metrics.Definition(
        "http_server_request_duration_seconds", "Time from a request's arrival to its answer.",
        // The buckets that OpenTelemetry's semantic conventions prescribe for this histogram.
        .histogram(buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]),
        labels: ["operation", "http_request_method", "http_route", "http_response_status_code"])

    let trace: TraceContext
    let correlationID: String
    let logger: Logger
    /// What is found on the way.
    let notes = AccessNotes()
    private let metadata: RequestMetadata
    private let spans: SpanSink?

    /// - Parameter asksAboutService: such a request has a span where it is part of a trace, and begins none: probes and scrapes never end.
    init(
        _ request: Request, _ metadata: RequestMetadata, trace given: TraceContext?, _ logger: Logger,
        _ spans: SpanSink?, asksAboutService: Bool = false
    ) {
        self.metadata = metadata
        // X-Ray records the hop's span itself; another recorder hangs one of its own on it.
        let given = spans != nil && given?.isRecordedByXRay == true ? given?.child() : given
        let parents = request.headers.values(of: "traceparent")
        // Of two nobody could say which one is meant; the specification's own tests ask for a new trace then.
        let parent = parents.count == 1 ? parents.first : nil
        let continued = parent.flatMap { TraceContext(child: $0) } ?? given
        trace = continued ?? TraceContext(continuing: nil, for: spans)
        self.spans = continued == nil && asksAboutService ? nil : spans
        // A malformed id is refused later, with a problem; that problem then carries an id made here.
        let named = request.headers["X-Correlation-Id"].flatMap { RequestHeaders.isCorrelationID($0) ? $0 : nil }
        correlationID = named ?? "req-" + trace.spanID
        self.logger = logger.with([
            "correlation_id": correlationID, "trace_id": trace.traceID, "span_id": trace.spanID,
        ])
    }

    /// Adds what every answer carries, writes the access line, measures and ends the span.
    ///
    /// - Parameters:
    ///   - route: nil where the request is for no operation.
    ///   - path: as it may be shown.
    ///   - problemCode: of the problem that it was answered, where that is known.
    func finish(
        _ response: inout Response, _ request: Request, _ route: Route?, operationID: String, path: String,
        problemCode: String?,
        metrics: Metrics
    ) {
        // An operation whose body names the correlation id has set it already.
        var logger = logger
        if let own = response.headers["X-Correlation-Id"] {
            logger = logger.with(["correlation_id": own])
        } else {
            response.headers["X-Correlation-Id"] = correlationID
        }
        response.headers["traceparent"] = trace.traceparent
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        let seconds = Double(Deadline.nowUptimeNanoseconds() - metadata.receivedAtUptimeNanoseconds) / 1e9
        metrics.observe(
            RequestRecord.durations,
            [operationID, request.method.labelValue, route?.path ?? "", response.status.labelValue], value: seconds)
        let level = RequestRecord.level(of: response, route)
        if level >= logger.level {
            logger = notes.added(to: logger)
            if let code = problemCode ?? response.problemCode { logger = logger.with("code", code) }
            logger.log(
                level, "request",
                [
                    "operation": operationID, "method": request.method.rawValue, "path": path,
                    "status": response.status.code, "duration_ms": (seconds * 1e6).rounded() / 1000,
                ])
        }
        Tracer(trace, spans)?.own(startUptimeNanoseconds: metadata.receivedAtUptimeNanoseconds)
            .end(request, route, path: path, response.status)
    }

    /// Who asks how a service is asks all day long: that is for whoever looks for it.
    private static func level(of response: Response, _ route: Route?) -> Logger.Level {
        if let route, route.access.isAboutService, response.status != .internalServerError { return .debug }
        return response.status.isServerError ? .warning : .info
    }
}

extension RunningSpan {
    /// Ends the span of a request that was served.
    ///
    /// https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
    fileprivate func end(_ request: Request, _ route: Route?, path: String, _ status: Status) {
        let method = request.method.rawValue
        var attributes: [Span.Attribute] = [
            ("http.request.method", .text(method)), ("url.path", .text(path)),
            ("http.response.status_code", .number(status.code)),
        ]
        if let route { attributes.append(("http.route", .text(route.path))) }
        end(
            route.map { "\(method) \($0.path)" } ?? method, .server, attributes,
            errorType: status.isServerError ? String(status.code) : nil)
    }
}

extension Response {
    /// The code of a problem that was kept as it was written, as under a key.
    fileprivate var problemCode: String? {
        guard status.code >= 400, headers["Content-Type"] == "application/problem+json" else { return nil }
        return (try? JSONParser.parse(body))?["code"]?.string
    }
}
