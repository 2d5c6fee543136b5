internal import HTTPTypes

/// The problems that the server raises itself, before or in place of a handler.
enum Refusal {
    static func malformedRequest(_ detail: String) -> Problem {
        Problem(.badRequest, code: "malformed-request", title: "Malformed request", detail: detail)
    }

    static func bodyTooLarge(bytesMax: Int) -> Problem {
        Problem(
            .contentTooLarge, code: "body-too-large", title: "Body too large",
            detail: "A request body may have at most \(bytesMax) bytes.")
    }

    static func targetTooLong(bytesMax: Int) -> Problem {
        Problem(
            .uriTooLong, code: "uri-too-long", title: "URI too long",
            detail: "A request target may have at most \(bytesMax) bytes and \(queryFieldsMax) query parameters.")
    }

    static func headersTooLarge(bytesMax: Int, fieldsMax: Int) -> Problem {
        Problem(
            .headerFieldsTooLarge, code: "headers-too-large", title: "Headers too large",
            detail: "A request head may have at most \(bytesMax) bytes and \(fieldsMax) fields.")
    }

    static let expectationFailed = Problem(
        .expectationFailed, code: "expectation-failed", title: "Expectation failed",
        detail: "The only expectation that is met is 100-continue.")

    static let transferEncodingUnknown = Problem(
        .notImplemented, code: "not-implemented", title: "Not implemented",
        detail: "The only transfer encoding that is understood is chunked.")

    static let overloaded = Problem(
        .serviceUnavailable, code: "overloaded", title: "Overloaded",
        detail: "More requests are waiting than can be served in time.", isRetryable: true, retryAfterSeconds: 1)

    static let shuttingDown = Problem(
        .serviceUnavailable, code: "shutting-down", title: "Shutting down",
        detail: "This instance is shutting down; another one will answer.", isRetryable: true, retryAfterSeconds: 1)

    static let internalError = Problem(
        .internalServerError, code: "internal-error", title: "Internal error",
        detail: "Something went wrong on this side.")

    /// Query parameters of a target. 100, as for header fields.
    static let queryFieldsMax = 100
}
