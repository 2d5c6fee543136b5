internal import HTTPMessages

// What any service can answer, whatever the operation.
extension ProblemType {
    package static let malformedRequest = ProblemType(
        .badRequest, "malformed-request", "Malformed request",
        when: "The HTTP framing is not what RFC 9112 allows.")

    package static let malformedJson = ProblemType(
        .badRequest, "malformed-json", "Malformed JSON",
        when: "The body is not JSON, has a member twice, is nested deeper than 32 levels, or is not UTF-8.")

    package static let bodyNotObject = ProblemType(
        .badRequest, "body-not-object", "Body is not a JSON object",
        when: "The body is JSON but no object, or empty where one is needed.")

    package static let invalidCursor = ProblemType(
        .badRequest, "invalid-cursor", "Invalid cursor",
        when: "The cursor was altered, made elsewhere, or made for other filters.")

    package static let idempotencyKeyMissing = ProblemType(
        .badRequest, "idempotency-key-missing", "Idempotency key missing",
        when: "Confirming, adjusting stock and orchestrating need a key.")

    package static let invalidIdempotencyKey = ProblemType(
        .badRequest, "invalid-idempotency-key", "Invalid idempotency key",
        when: "A key has 1 to 255 visible ASCII characters, none of them a comma.")

    package static let idempotencyKeyMismatch = ProblemType(
        .badRequest, "idempotency-key-mismatch", "Idempotency keys differ",
        when: "Keys in several places (two headers, a header's list, header and body) differ.")

    package static let invalidHeader = ProblemType(
        .badRequest, "invalid-header", "Invalid header",
        when: "`X-Request-Timeout-Ms`, `X-Correlation-Id`, `If-Match` or `If-None-Match` is malformed.")

    package static let unauthorized = ProblemType(
        .unauthorized, "unauthorized", "Unauthorized",
        when: "The bearer token is missing or wrong.")

    package static let hostNotAllowed = ProblemType(
        .forbidden, "host-not-allowed", "Host not allowed",
        when: "No `API_TOKEN` is set, and `Host` is neither `localhost` nor a loopback address.")

    package static let crossSiteRequest = ProblemType(
        .forbidden, "cross-site-request", "Cross-site request",
        when:
            "No `API_TOKEN` is set, and the request came from a web page of another origin that `CORS_ORIGINS` does not list."
    )

    package static let routeNotFound = ProblemType(
        .notFound, "route-not-found", "Route not found",
        when: "No operation has this path.")

    package static let pageNotInstalled = ProblemType(
        .notFound, "page-not-installed", "Page not installed",
        when: "`WEB_DIRECTORY` names no folder that has this page or file.")

    package static let methodNotAllowed = ProblemType(
        .methodNotAllowed, "method-not-allowed", "Method not allowed",
        when: "`Allow` lists what the path allows.")

    package static let idempotencyKeyInUse = ProblemType(
        .conflict, "idempotency-key-in-use", "Idempotency key in use", isRetryable: true,
        when: "A request with this key is still being worked on.")

    package static let stale = ProblemType(
        .preconditionFailed, "stale", "Stale",
        when: "It was changed since the version that `If-Match` names.")

    package static let bodyTooLarge = ProblemType(
        .contentTooLarge, "body-too-large", "Body too large",
        when: "The body is larger than 1 MiB.")

    package static let uriTooLong = ProblemType(
        .uriTooLong, "uri-too-long", "URI too long",
        when: "The target is longer than 8,000 bytes.")

    package static let unsupportedMediaType = ProblemType(
        .unsupportedMediaType, "unsupported-media-type", "Unsupported media type",
        when: "The body is not declared as `application/json`.")

    package static let expectationFailed = ProblemType(
        .expectationFailed, "expectation-failed", "Expectation failed",
        when: "`Expect` is something other than `100-continue`.")

    package static let validationFailed = ProblemType(
        .unprocessableContent, "validation-failed", "Validation failed",
        when: "`errors` names each value that is not valid.")

    package static let searchTooBroad = ProblemType(
        .unprocessableContent, "search-too-broad", "The search is too broad",
        when: "More than 10,000 index entries would have to be read to find what the search asks for.")

    package static let idempotencyKeyReused = ProblemType(
        .unprocessableContent, "idempotency-key-reused", "Idempotency key reused",
        when: "The key belongs to a request with another payload. What the operation does not read is no part of it.")

    package static let rateLimited = ProblemType(
        .tooManyRequests, "rate-limited", "Rate limited", isRetryable: true,
        when:
            "The caller has made as many requests as `RATE_LIMIT_REQUESTS` lets it; `RateLimit-Policy` says how many."
    )

    package static let headersTooLarge = ProblemType(
        .headerFieldsTooLarge, "headers-too-large", "Headers too large",
        when: "The headers are larger than 16 KiB, or more than 100.")

    package static let internalError = ProblemType(
        .internalServerError, "internal-error", "Internal error",
        when: "The service failed; its log has the reason.")

    package static let notImplemented = ProblemType(
        .notImplemented, "not-implemented", "Not implemented",
        when: "A transfer encoding other than `chunked`.")

    package static let overloaded = ProblemType(
        .serviceUnavailable, "overloaded", "Overloaded", isRetryable: true,
        when: "More requests are waiting than the service works off in time.")

    package static let shuttingDown = ProblemType(
        .serviceUnavailable, "shutting-down", "Shutting down", isRetryable: true,
        when: "The service is being stopped.")

    package static let databaseUnavailable = ProblemType(
        .serviceUnavailable, "database-unavailable", "Database unavailable", isRetryable: true,
        when: "The database cannot be reached, or all connections (for lists: their share) are busy.")

    package static let outcomeUnknown = ProblemType(
        .serviceUnavailable, "outcome-unknown", "Outcome unknown",
        when:
            "The database did not say whether it committed the change, and there was no key, or no connection, to find out by."
    )

    package static let notReady = ProblemType(
        .serviceUnavailable, "not-ready", "Not ready", isRetryable: true,
        when:
            "`GET /health/ready` says what is missing. A search also waits, after an upgrade, for the words of older entries."
    )

    package static let deadlineExceeded = ProblemType(
        .gatewayTimeout, "deadline-exceeded", "Deadline exceeded", isRetryable: true,
        when:
            "The request could not be finished within its time, that of another service included; for lists, a statement within 2 s. No service repeats it by itself."
    )

    /// All that any service can answer.
    package static let kernel: [ProblemType] = [
        .malformedRequest, .malformedJson, .bodyNotObject, .invalidCursor, .idempotencyKeyMissing,
        .invalidIdempotencyKey, .idempotencyKeyMismatch, .invalidHeader, .unauthorized, .hostNotAllowed,
        .crossSiteRequest, .routeNotFound, .pageNotInstalled, .methodNotAllowed, .idempotencyKeyInUse, .stale,
        .bodyTooLarge, .uriTooLong,
        .unsupportedMediaType, .expectationFailed, .validationFailed, .searchTooBroad, .idempotencyKeyReused,
        .rateLimited, .headersTooLarge, .internalError, .notImplemented, .overloaded, .shuttingDown,
        .databaseUnavailable,
        .outcomeUnknown, .notReady, .deadlineExceeded,
    ]
}
