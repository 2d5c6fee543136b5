import CustomerLookup
import HTTPMessages
import WebApplication

/// What can go wrong with an orchestration.
enum CreateAndConfirmError: Error {
    /// There is no customer who may order, and the key has no order yet.
    case customer(CustomerLookupError)
    /// The Orders API refused a step.
    case refused(UpstreamProblem)
    /// The Orders API could not be asked, or gave no usable answer; what it did is not known.
    case unavailable(String, retryAfterSeconds: Int? = nil)
    case outOfTime
}

extension Problem {
    /// What a client is told.
    init(_ error: CreateAndConfirmError) {
        switch error {
        case .customer(let error): self = error.problem
        case .refused(let problem): self = problem.problem
        case .unavailable(let reason, let retryAfterSeconds):
            self.init(
                .ordersUnavailable,
                detail:
                    "The order could not be carried through. Repeat the call with the same key: it will be made once.",
                retryAfterSeconds: max(retryAfterSeconds ?? 0, 2), cause: DependencyFailure(reason: reason))
        case .outOfTime: self = .deadlineExceeded
        }
    }
}
