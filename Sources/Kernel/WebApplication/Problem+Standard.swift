package import HTTPMessages

// The problems that any service can answer, whatever the operation. Rooms add their own from their error enums.
extension Problem {
    package static func malformedJSON(_ detail: String) -> Problem {
        Problem(.badRequest, code: "malformed-json", title: "The body is not JSON", detail: detail)
    }

    package static let bodyNotObject = Problem(
        .badRequest, code: "body-not-object", title: "The body is not a JSON object",
        detail: "The body must be one JSON object.")

    package static func invalidHeader(_ name: String, _ detail: String) -> Problem {
        Problem(.badRequest, code: "invalid-header", title: "A header is malformed", detail: "\(name): \(detail)")
    }

    package static let invalidCursor = Problem(
        .badRequest, code: "invalid-cursor", title: "The cursor is not valid",
        detail: "The cursor was not issued for this list with these filters. Start again without a cursor.")

    package static func unauthorized(_ detail: String) -> Problem {
        var problem = Problem(.unauthorized, code: "unauthorized", title: "Not authorized", detail: detail)
        problem.headers["WWW-Authenticate"] = "Bearer"
        return problem
    }

    package static let routeNotFound = Problem(
        .notFound, code: "route-not-found", title: "No such path", detail: "No operation has this path.")

    package static func methodNotAllowed(_ allowed: [Method]) -> Problem {
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        var problem = Problem(
            .methodNotAllowed, code: "method-not-allowed", title: "Method not allowed",
            detail: "This path allows \(list).")
        problem.headers["Allow"] = list
        return problem
    }

    package static let stale = Problem(
        .preconditionFailed, code: "stale", title: "Changed since",
        detail: "It was changed since the version that If-Match names. Read it again.")

    package static let unsupportedMediaType = Problem(
        .unsupportedMediaType, code: "unsupported-media-type", title: "Unsupported media type",
        detail: "Send the body as application/json, in UTF-8.")

    package static func validationFailed(_ violations: [Violation]) -> Problem {
        Problem(
            .unprocessableContent, code: "validation-failed", title: "The request is not valid",
            detail: violations.count == 1
                ? "1 value is not valid; see errors." : "\(violations.count) values are not valid; see errors.",
            violations: violations)
    }

    package static func internalError(_ cause: any Error) -> Problem {
        Problem(
            .internalServerError, code: "internal-error", title: "Internal error",
            detail: "The service failed. The log has the reason under this trace_id.", cause: cause)
    }

    package static func databaseUnavailable(_ cause: any Error) -> Problem {
        Problem(
            .serviceUnavailable, code: "database-unavailable", title: "The database is not available",
            detail: "Nothing was changed. Try again.", isRetryable: true, retryAfterSeconds: 1, cause: cause)
    }

    package static let outcomeUnknownCode = "outcome-unknown"

    package static func outcomeUnknown(_ cause: any Error) -> Problem {
        Problem(
            .serviceUnavailable, code: outcomeUnknownCode, title: "The outcome is not known",
            detail: "The database did not say whether the change was committed. Look whether it was "
                + "made before you repeat it; with an idempotency key the repetition would be safe.",
            cause: cause)
    }

    package static let deadlineExceeded = Problem(
        .gatewayTimeout, code: "deadline-exceeded", title: "Out of time",
        detail: "The request could not be finished within its time. Repeat it with the same idempotency key.",
        isRetryable: true)

    package static func notReady(_ detail: String) -> Problem {
        Problem(
            .serviceUnavailable, code: "not-ready", title: "Not ready", detail: detail, isRetryable: true,
            retryAfterSeconds: 1)
    }
}
