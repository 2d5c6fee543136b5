package import HTTPMessages
package import JSON

/// An error as the client sees it (RFC 9457), whatever part of the service it comes from.
///
/// It never carries SQL, a stack or a secret: those go to the log as `cause`.
package struct Problem: Error, Sendable {
    /// One of several things wrong with an input.
    package struct Violation: Sendable, Equatable, JSONEncodable {
        /// Where: a JSON Pointer into the body (RFC 6901), or the name of a query parameter or header.
        package let pointer: String
        /// Stable, kebab-case.
        package let code: String
        package let detail: String

        package init(pointer: String, code: String, detail: String) {
            self.pointer = pointer
            self.code = code
            self.detail = detail
        }

        package func encode(to writer: inout JSONWriter) {
            writer.object { writer in
                writer.member("pointer", pointer)
                writer.member("code", code)
                writer.member("detail", detail)
            }
        }
    }

    package let kind: ProblemType
    package let detail: String
    package let retryAfterSeconds: Int?
    package let violations: [Violation]
    /// Members beyond those of RFC 9457 and this product's own.
    package var extensions: [(name: String, value: JSONValue)] = []
    /// Fields that the response carries besides `Content-Type` and `Retry-After`.
    package var headers: HeaderFields = [:]
    /// For the log only.
    package let cause: (any Error)?

    package init(
        _ kind: ProblemType, detail: String, retryAfterSeconds: Int? = nil, violations: [Violation] = [],
        cause: (any Error)? = nil
    ) {
        self.kind = kind
        self.detail = detail
        self.retryAfterSeconds = retryAfterSeconds
        self.violations = violations
        self.cause = cause
    }

    package var status: Status { kind.status }
    package var code: String { kind.code }
    package var title: String { kind.title }
    package var isRetryable: Bool { kind.isRetryable }

    /// The `type` member: a relative reference into the documentation of the error codes.
    package var type: String { "/problems/\(code)" }

    /// The response.
    ///
    /// - Parameters:
    ///   - instance: the path of the request; nil where none could be read.
    ///   - traceID: by which the log tells the rest of the story.
    package func response(instance: String?, traceID: String) -> Response {
        var headers = self.headers
        headers["Content-Type"] = "application/problem+json"
        if let retryAfterSeconds { headers["Retry-After"] = String(retryAfterSeconds) }
        return Response(status, headers: headers, body: body(instance: instance, traceID: traceID))
    }

    private func body(instance: String?, traceID: String) -> [UInt8] {
        JSONWriter.object { writer in
            writer.member("type", type)
            writer.member("title", title)
            writer.member("status", status.code)
            writer.member("detail", detail)
            if let instance { writer.member("instance", instance) }
            writer.member("code", code)
            writer.member("retryable", isRetryable)
            writer.member("trace_id", traceID)
            if !violations.isEmpty {
                writer.member("errors", violations)
            }
            for member in extensions { writer.member(member.name, member.value) }
        }
    }
}
