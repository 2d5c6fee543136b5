package import Concurrency
package import HTTPMessages
package import Telemetry

/// What an operation knows of its request besides the request itself: the call, and what the path names. It ends at the
/// routes; services are given `call`.
package struct RequestContext: Sendable {
    package let call: CallContext
    package let pathParameters: [String: String]
    /// The numeric address of the other end of the connection: a proxy's, where there is one; empty where nobody knows.
    package let remoteAddress: String

    package init(_ call: CallContext, pathParameters: [String: String] = [:], remoteAddress: String = "") {
        self.call = call
        self.pathParameters = pathParameters
        self.remoteAddress = remoteAddress
    }

    package var deadline: Deadline { call.deadline }
    package var trace: TraceContext { call.trace }
    package var correlationID: String { call.correlationID }
    package var logger: Logger { call.logger }

    /// The `{id}` of the path, if it is a positive 64-bit integer in digits. Anything else names nothing that exists.
    package var id: Int64? { pathParameters["id"].flatMap { Int64(digits: $0) }.flatMap { $0 > 0 ? $0 : nil } }
}

extension CallContext {
    /// What a request to another service carries: who asks, and of which trace and correlation it is part.
    package func headers(token: ServiceToken) -> HeaderFields {
        [
            "Authorization": "Bearer \(token.current)", "X-Correlation-Id": correlationID,
            "traceparent": trace.traceparent,
        ]
    }
}
