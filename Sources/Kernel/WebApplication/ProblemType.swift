package import HTTPMessages

/// A kind of problem: what is the same each time that it occurs. `docs/problems.md` lists all of them.
package struct ProblemType: Sendable, Equatable {
    package let status: Status
    /// Stable and kebab-case; part of the contract (`openapi/*.yaml`).
    package let code: String
    package let title: String
    /// Whether the same request may succeed later, unchanged.
    package let isRetryable: Bool
    /// Whether it tells of a state that the request met, so that an idempotency key keeps it as the request's outcome. Only
    /// for statuses 409 and 422: what is not found may be there later, and what is malformed can be mended.
    package let isFinal: Bool
    /// When it occurs, for the documentation.
    package let when: String

    package init(
        _ status: Status, _ code: String, _ title: String, isRetryable: Bool = false, isFinal: Bool = false,
        when: String = ""
    ) {
        self.status = status
        self.code = code
        self.title = title
        self.isRetryable = isRetryable
        self.isFinal = isFinal
        self.when = when
    }
}
