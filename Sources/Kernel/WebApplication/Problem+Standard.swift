package import HTTPMessages

// The problems that any service can answer, whatever the operation. Services add their own from their error enums.
extension Problem {
    package static func malformedJSON(_ detail: String) -> Problem {
        Problem(.malformedJson, detail: detail)
    }

    package static let bodyNotObject = Problem(
        .bodyNotObject, detail: "The body must be one JSON object.")

    package static func invalidHeader(_ name: String, _ detail: String) -> Problem {
        Problem(.invalidHeader, detail: "\(name): \(detail)")
    }

    package static let invalidCursor = Problem(
        .invalidCursor,
        detail: "The cursor was not issued for this list with these filters. Start again without a cursor.")

    package static func unauthorized(_ detail: String) -> Problem {
        var problem = Problem(.unauthorized, detail: detail)
        problem.headers["WWW-Authenticate"] = "Bearer"
        return problem
    }

    package static let routeNotFound = Problem(
        .routeNotFound, detail: "No operation has this path.")

    package static func methodNotAllowed(_ allowed: [Method]) -> Problem {
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        var problem = Problem(
            .methodNotAllowed, detail: "This path allows \(list).")
        problem.headers["Allow"] = list
        return problem
    }

    package static let stale = Problem(
        .stale, detail: "It was changed since the version that If-Match names. Read it again.")

    package static func unsupportedMediaType(_ expected: String) -> Problem {
        Problem(.unsupportedMediaType, detail: "Send the body as \(expected), in UTF-8.")
    }

    package static func validationFailed(_ violations: [Violation]) -> Problem {
        Problem(
            .validationFailed,
            detail: violations.count == 1
                ? "1 value is not valid; see errors." : "\(violations.count) values are not valid; see errors.",
            violations: violations)
    }

    package static func internalError(_ cause: any Error) -> Problem {
        Problem(
            .internalError, detail: "The service failed. The log has the reason under this trace_id.", cause: cause)
    }

    package static func databaseUnavailable(_ cause: any Error) -> Problem {
        Problem(
            .databaseUnavailable, detail: "Nothing was changed. Try again.", retryAfterSeconds: 1, cause: cause)
    }

    package static func outcomeUnknown(_ cause: any Error) -> Problem {
        Problem(
            .outcomeUnknown,
            detail: "The database did not say whether the change was committed. Look whether it was "
                + "made before you repeat it; with an idempotency key the repetition would be safe.",
            cause: cause)
    }

    package static let deadlineExceeded = Problem(
        .deadlineExceeded,
        detail: "The request could not be finished within its time. Repeat it with the same idempotency key.")

    package static func notReady(_ detail: String) -> Problem {
        Problem(
            .notReady, detail: detail,
            retryAfterSeconds: 1)
    }
}
