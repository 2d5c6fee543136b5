package import HTTPMessages

extension Problem {
    /// What a client is told when the server refuses its request.
    package init(_ refusal: RequestRefusal) {
        switch refusal {
        case .malformedRequest(let detail):
            self.init(.badRequest, code: "malformed-request", title: "Malformed request", detail: detail)
        case .bodyTooLarge(let bytesMax):
            self.init(
                .contentTooLarge, code: "body-too-large", title: "Body too large",
                detail: "A request body may have at most \(bytesMax) bytes.")
        case .targetTooLong(let bytesMax, let queryFieldsMax):
            self.init(
                .uriTooLong, code: "uri-too-long", title: "URI too long",
                detail: "A request target may have at most \(bytesMax) bytes and \(queryFieldsMax) query parameters.")
        case .headersTooLarge(let bytesMax, let fieldsMax):
            self.init(
                .headerFieldsTooLarge, code: "headers-too-large", title: "Headers too large",
                detail: "A request head may have at most \(bytesMax) bytes and \(fieldsMax) fields.")
        case .expectationFailed:
            self.init(
                .expectationFailed, code: "expectation-failed", title: "Expectation failed",
                detail: "The only expectation that is met is 100-continue.")
        case .transferEncodingUnknown:
            self.init(
                .notImplemented, code: "not-implemented", title: "Not implemented",
                detail: "The only transfer encoding that is understood is chunked.")
        case .overloaded:
            self.init(
                .serviceUnavailable, code: "overloaded", title: "Overloaded",
                detail: "More requests are waiting than can be served in time.", isRetryable: true,
                retryAfterSeconds: 1)
        case .shuttingDown:
            self.init(
                .serviceUnavailable, code: "shutting-down", title: "Shutting down",
                detail: "This instance is shutting down; another one will answer.", isRetryable: true,
                retryAfterSeconds: 1)
        case .deadlineExceeded: self = .deadlineExceeded
        case .unwritableResponse:
            self.init(
                .internalServerError, code: "internal-error", title: "Internal error",
                detail: "Something went wrong on this side.")
        }
    }
}
