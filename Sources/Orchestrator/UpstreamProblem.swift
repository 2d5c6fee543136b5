import HTTPMessages
import JSON
import WebApplication

/// A problem as the Orders API wrote it.
struct UpstreamProblem {
    let status: Status
    let code: String
    /// Whether the step had been refused before, under the same key.
    let isReplay: Bool
    private let json: JSONObject
    private let retryAfterSeconds: Int?

    /// Nil for a response that is no problem.
    init?(_ response: Response, _ json: JSONValue?) {
        guard let object = json?.object, let code = object["code"]?.string else { return nil }
        status = response.status
        self.code = code
        isReplay = response.headers["Idempotency-Replayed"] == "true"
        self.json = object
        retryAfterSeconds = response.headers["Retry-After"].flatMap(Int.init)
    }

    /// Whether the caller is to see it. What blames the request that the orchestrator itself made (its token, its path, its
    /// media type) or the inside of the Orders API is the orchestrator's own failure. So is an order that is not found: the
    /// steps name only an order that the first of them was given, so a node has not seen it yet and will. So is an outcome that
    /// nobody knows yet: "read before you repeat" is for who has no key, and this caller has one.
    var isPassedOn: Bool {
        switch status {
        case .notFound: code != Problem.routeNotFound.code && code != "order-not-found"
        case .serviceUnavailable: code != "outcome-unknown"
        case .conflict, .unprocessableContent, .tooManyRequests, .gatewayTimeout: true
        default: false
        }
    }

    /// Whether the same step may succeed later, unchanged.
    var isRetryable: Bool { json["retryable"]?.bool ?? false }

    /// Whether a key was asked for that has no reply.
    var isOfUnknownKey: Bool { status == .notFound && code == "key-unknown" }

    /// What the order was when its confirmation was refused; the key keeps it, whatever becomes of the order.
    var orderStatus: String? { json["order_status"]?.string }

    /// The same problem, as this service's answer.
    var problem: Problem {
        var problem = Problem(
            ProblemType(status, code, json["title"]?.string ?? status.reason, isRetryable: isRetryable),
            detail: json["detail"]?.string ?? "", retryAfterSeconds: retryAfterSeconds,
            violations: (json["errors"]?.array ?? []).compactMap { violation in
                guard let pointer = violation["pointer"]?.string, let code = violation["code"]?.string else {
                    return nil
                }
                return Problem.Violation(pointer: pointer, code: code, detail: violation["detail"]?.string ?? "")
            })
        let own: Set = [
            "type", "title", "status", "detail", "instance", "code", "retryable", "trace_id", "errors",
            "order_status",
        ]
        problem.extensions = json.members.filter { !own.contains($0.name) }
        return problem
    }
}
