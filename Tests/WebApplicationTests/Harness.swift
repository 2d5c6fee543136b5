import Concurrency
import HTTPMessages
import JSON
import Telemetry
import Testing
import WebApplication

/// An application with a few routes, and what it logged and measured.
struct Harness {
    let application: Application
    let metrics = Metrics()
    private let lines = Lock<[[UInt8]]>([])

    init(
        routes: [Route] = Harness.routes, serviceTokens: [String] = ["service-1", "service-2"],
        apiTokens: [String] = ["api-1", "api-2"], origins: [String] = [],
        level: Logger.Level = .debug, spans: SpanSink? = nil,
        admit: @escaping @Sendable () throws(Problem) -> Void = {},
        problemExtensions: @escaping Application.ProblemExtensions = { _ in [] }
    ) {
        application = Application(
            routes: routes, tokens: AccessTokens(service: serviceTokens, api: apiTokens),
            crossOrigin: CrossOriginPolicy(origins: origins),
            logger: Logger(
                service: "test", level: level, sink: LogSink { [lines] line in lines.withLock { $0.append(line) } }),
            metrics: metrics, spans: spans, admit: admit, problemExtensions: problemExtensions)
    }

    static let routes = [
        Route("getOpen", .get, "/open", access: .everybody, handler: echo),
        Route("postOpen", .post, "/open", access: .everybody, handler: echo),
        Route("getItem", .get, "/items/{id}", access: .apiToken, handler: echo),
        Route("getInternal", .get, "/internal", access: .serviceToken, handler: echo),
        Route("getDetailed", .get, "/detailed", access: .anyToken, handler: echo),
    ]

    /// Answers with what the operation was told.
    static let echo: Handler = { request, context in
        .json(.ok) { writer in
            writer.member("id", context.id)
            writer.member("correlation_id", context.correlationID)
            writer.member("trace_id", context.trace.traceID)
            writer.member("remaining_ms", context.deadline.remainingMilliseconds)
        }
    }

    /// The answer to a request that came in `ageMilliseconds` ago.
    func respond(
        _ method: HTTPMessages.Method, _ target: String, _ headers: HeaderFields = [:], body: String = "",
        ageMilliseconds: UInt64 = 0, trace: TraceContext? = nil, by limit: Deadline? = nil
    ) -> Response {
        let metadata = RequestMetadata(
            receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds() - ageMilliseconds * 1_000_000,
            remoteAddress: "127.0.0.1")
        return application.respond(
            Request(method, target, headers: headers, body: Array(body.utf8)), metadata, trace: trace, by: limit)
    }

    /// The lines logged so far; the parser refuses a name that occurs twice.
    func log() throws -> [JSONObject] {
        try lines.withLock { $0 }.map { try #require(try JSONParser.parse($0).object) }
    }
}

extension Response {
    var json: JSONValue? { try? JSONParser.parse(body) }
    var code: String? { json?["code"]?.string }
}
