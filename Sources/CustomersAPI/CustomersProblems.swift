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

    static let customerErased = ProblemType(
        .conflict, "customer-erased", "Customer erased", isFinal: true,
        when: "The customer's personal data was erased; nothing of it can be changed any more.")

    static let invalidCredentials = ProblemType(
        .unauthorized, "invalid-credentials", "Invalid credentials",
        when: "No account has this e-mail address and this password; which of the two it is is not told.")

    static let invalidRefreshToken = ProblemType(
        .unauthorized, "invalid-refresh-token", "Invalid refresh token",
        when: "The refresh token is unknown, expired, ended, or was used before, which ends its session.")

    static let accountInactive = ProblemType(
        .forbidden, "account-inactive", "Account inactive",
        when: "The customer was deactivated; only who has the password or a token is told.")

    static let accountsOff = ProblemType(
        .notFound, "accounts-off", "Accounts are off",
        when: "The Customers API has no `JWT_SECRET`, or no way to send a link; its log says which.")

    static let invalidLink = ProblemType(
        .notFound, "invalid-link", "Invalid link",
        when: "The mailed link is none, has expired, or was followed; or another of the same address was.")

    static let tooManyAttempts = ProblemType(
        .tooManyRequests, "too-many-attempts", "Too many attempts", isRetryable: true,
        when: "Too many guesses at an account or from an address, or registrations from one; `Retry-After` says when.")

    static let registrationsFull = ProblemType(
        .serviceUnavailable, "registrations-full", "Too many registrations", isRetryable: true,
        when: "10,000 registrations wait to be confirmed.")

    /// All that this service answers besides the kernel's.
    static let customersAPI: [ProblemType] = [
        .customerNotFound, .emailTaken, .identityCardTaken, .customerErased, .invalidCredentials, .invalidRefreshToken,
        .accountInactive, .accountsOff, .invalidLink, .tooManyAttempts, .registrationsFull,
    ]
}
