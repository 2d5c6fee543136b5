package import Concurrency
package import HTTPMessages
package import Telemetry

/// What an operation knows of its request besides the request itself. Handed down explicitly, level by level.
package struct RequestContext: Sendable {
    /// When the answer must be out.
    package let deadline: Deadline
    package let trace: TraceContext
    /// The caller's `X-Correlation-Id`, or one made here; travels through every hop.
    package let correlationID: String
    /// Writes lines that carry the two above.
    package let logger: Logger
    package let pathParameters: [String: String]

    package init(
        deadline: Deadline, trace: TraceContext, correlationID: String, logger: Logger,
        pathParameters: [String: String] = [:]
    ) {
        self.deadline = deadline
        self.trace = trace
        self.correlationID = correlationID
        self.logger = logger
        self.pathParameters = pathParameters
    }

    /// This context under the correlation id that a request's body names.
    package func with(correlationID: String) -> RequestContext {
        RequestContext(
            deadline: deadline, trace: trace, correlationID: correlationID,
            logger: logger.with(["correlation_id": correlationID]), pathParameters: pathParameters)
    }

    /// What a request to another service carries: who asks, and of which trace and correlation it is part.
    package func headers(token: String) -> HeaderFields {
        [
            "Authorization": "Bearer \(token)", "X-Correlation-Id": correlationID,
            "traceparent": trace.traceparent,
        ]
    }

    /// The `{id}` of the path, if it is a positive 64-bit integer in digits. Anything else names nothing that exists.
    package var id: Int64? { pathParameters["id"].flatMap { Int64(digits: $0) }.flatMap { $0 > 0 ? $0 : nil } }
}
