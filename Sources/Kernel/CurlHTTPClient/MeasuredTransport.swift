package import Concurrency
package import HTTPMessages
package import Telemetry

/// How long each request to another service took, in the metrics.
package struct DependencyDurations: Sendable {
    private static let durations = Metrics.Definition(
        "http_client_request_duration_seconds",
        "Time from a request to another service to its reply, of each attempt by itself.",
        // The buckets that OpenTelemetry's semantic conventions prescribe for this histogram.
        .histogram(buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]),
        labels: ["dependency", "http_request_method", "http_response_status_code", "error_type"])

    private let dependency: String
    private let metrics: Metrics

    /// - Parameter dependency: the other service's name, as in its own log lines; one of few, never a URL.
    package init(_ dependency: String, _ metrics: Metrics) {
        self.dependency = dependency
        self.metrics = metrics
        metrics.declare(DependencyDurations.durations, [])
    }

    /// Measures what `send` takes, reply or none.
    package func measure(
        _ method: Method, _ send: () throws(TransportError) -> Response
    ) throws(TransportError) -> Response {
        let start = Deadline.nowUptimeNanoseconds()
        do throws(TransportError) {
            let response = try send()
            let status = response.status.labelValue
            note(method, status, errorType: response.status.code < 400 ? "" : status, since: start)
            return response
        } catch {
            note(method, "", errorType: error.type, since: start)
            throw error
        }
    }

    private func note(_ method: Method, _ status: String, errorType: String, since start: UInt64) {
        metrics.observe(
            DependencyDurations.durations, [dependency, method.labelValue, status, errorType],
            value: Double(Deadline.nowUptimeNanoseconds() - start) / 1e9)
    }
}

/// A transport that measures how long another service takes.
package struct MeasuredTransport: HTTPTransport {
    private let transport: any HTTPTransport
    private let durations: DependencyDurations

    /// - Parameter dependency: as of `DependencyDurations`.
    package init(_ transport: any HTTPTransport, _ dependency: String, _ metrics: Metrics) {
        self.transport = transport
        durations = DependencyDurations(dependency, metrics)
    }

    package var attemptTimeoutMilliseconds: Int { transport.attemptTimeoutMilliseconds }

    package func send(
        _ request: Request, to origin: Origin, by deadline: Deadline
    ) throws(TransportError) -> Response {
        try durations.measure(request.method) { () throws(TransportError) in
            try transport.send(request, to: origin, by: deadline)
        }
    }
}
