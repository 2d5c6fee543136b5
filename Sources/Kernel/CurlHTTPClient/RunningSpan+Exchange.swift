internal import HTTPMessages
internal import Telemetry

extension RunningSpan {
    /// Ends the span of a request that was sent once, or could not be.
    ///
    /// https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span
    func end(_ request: Request, to origin: Origin, _ attempt: Int, _ result: Result<Status, TransportError>) {
        var attributes: [Span.Attribute] = [
            ("http.request.method", .text(request.method.rawValue)), ("server.address", .text(origin.host)),
            ("server.port", .number(origin.port)), ("url.full", .text(origin.description + request.target)),
        ]
        if attempt > 1 { attributes.append(("http.request.resend_count", .number(attempt - 1))) }
        switch result {
        case .success(let status):
            attributes.append(("http.response.status_code", .number(status.code)))
            end(
                request.method.rawValue, .client, attributes,
                errorType: status.code < 400 ? nil : String(status.code))
        case .failure(let error): end(request.method.rawValue, .client, attributes, errorType: error.type)
        }
    }
}
