internal import HTTPMessages
internal import Telemetry

/// What an application counts besides how long its requests take.
enum ApplicationMetrics {
    static let refused = Metrics.Definition(
        "http_server_requests_refused_total", "Requests that no operation saw, by the problem that they were answered.",
        .counter, labels: ["reason"])

    static let replays = Metrics.Definition(
        "idempotency_replays_total", "Requests that were answered with the reply that their key had already.", .counter,
        labels: ["operation"])

    /// What a server refuses by itself.
    private static let refusals: [RequestRefusal] = [
        .malformedRequest(""), .bodyTooLarge(bytesMax: 0), .targetTooLong(bytesMax: 0, queryFieldsMax: 0),
        .headersTooLarge(bytesMax: 0, fieldsMax: 0), .expectationFailed, .transferEncodingUnknown, .overloaded,
        .shuttingDown, .deadlineExceeded, .unwritableResponse,
    ]

    static func declare(for routes: [Route], in metrics: Metrics) {
        metrics.declare(RequestRecord.durations, [])
        metrics.declare(refused, refusals.map { [Problem($0).code] })
        metrics.declare(replays, routes.filter { $0.method != .get }.map { [$0.operationID] })
    }
}
