import HTTPMessages
import WebApplication

extension ProblemType {
    static let customerNotFound = ProblemType(
        .notFound, "customer-not-found", "Customer not found",
        when: "Nothing has this id; an id in a path that is no positive integer counts as unknown.")

    static let emailTaken = ProblemType(
        .conflict, "email-taken", "E-mail address taken", isFinal: true,
        when: "Another customer has this e-mail address; `customer` has that one's `id` and `is_active`.")

    static let identityCardTaken = ProblemType(
        .conflict, "identity-card-taken", "Identity card taken", isFinal: true,
        when: "Another customer has this identity card; `customer` as above.")

    /// All that this service answers besides the kernel's.
    static let customersAPI: [ProblemType] = [
        .customerNotFound, .emailTaken, .identityCardTaken,
    ]
}
