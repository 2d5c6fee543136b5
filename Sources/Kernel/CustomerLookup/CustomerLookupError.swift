private import HTTPMessages
package import WebApplication

/// Why there is no customer who may order.
package enum CustomerLookupError: Error {
    case notFound
    case inactive
    /// The Customers API could not be asked, or is not able to answer before the time that it named.
    case unavailable(String, retryAfterSeconds: Int?)
    /// It did not answer within the time that it was given.
    case outOfTime
}

extension CustomerLookupError: ProblemConvertible {
    package var problem: Problem {
        switch self {
        case .notFound: Problem(.customerNotFound, detail: "No customer has this customer_id.")
        case .inactive: Problem(.customerInactive, detail: "This customer has been deactivated and cannot order.")
        case .unavailable(let reason, let retryAfterSeconds):
            Problem(
                .customersUnavailable, detail: "The customer could not be checked; nothing was ordered. Try again.",
                retryAfterSeconds: max(retryAfterSeconds ?? 0, 2), cause: DependencyFailure(reason: reason))
        case .outOfTime: .deadlineExceeded
        }
    }
}

extension ProblemType {
    package static let customerNotFound = ProblemType(
        .notFound, "customer-not-found", "Customer not found",
        when: "Nothing has this id; an id in a path that is no positive integer counts as unknown.")

    package static let customerInactive = ProblemType(
        .unprocessableContent, "customer-inactive", "Customer inactive", isFinal: true,
        when:
            "The customer was deactivated. `create-order` keeps it; the orchestrator, which asks the Customers API itself, does not."
    )

    package static let customersUnavailable = ProblemType(
        .serviceUnavailable, "customers-unavailable", "Customers API unavailable", isRetryable: true,
        when:
            "The Customers API cannot be reached, fails, or is slow and waited for by as many requests as may. It has been asked again already."
    )

    /// What whoever asks for a customer answers where there is none.
    package static let customerLookup: [ProblemType] = [.customerNotFound, .customerInactive, .customersUnavailable]
}
