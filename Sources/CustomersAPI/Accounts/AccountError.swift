import HTTPMessages
import IdempotentReplies
import MySQL
import WebApplication

/// What can go wrong with accounts.
enum AccountError: DatabaseFailure, ProblemConvertible {
    case invalidCredentials
    /// Unknown, expired, ended, or used before: which one is not told.
    case invalidRefreshToken
    /// The customer was deactivated.
    case inactive
    /// No such link, or one that has expired or was followed.
    case invalidLink
    case tooManyAttempts(retryAfterSeconds: Int)
    /// As many registrations wait as may.
    case registrationsFull
    /// As many passwords are being hashed as may.
    case overloaded
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }

    var problem: Problem { Problem(self) }
}

extension Problem {
    /// What a client is told.
    init(_ error: AccountError) {
        switch error {
        case .invalidCredentials:
            self.init(.invalidCredentials, detail: "No account has this e-mail address and this password.")
            headers["WWW-Authenticate"] = "Bearer"
        case .invalidRefreshToken:
            self.init(.invalidRefreshToken, detail: "Log in again.")
            headers["WWW-Authenticate"] = "Bearer"
        case .inactive: self.init(.accountInactive, detail: "This customer was deactivated.")
        case .invalidLink:
            self.init(.invalidLink, detail: "This link has expired or was followed already. If it was, log in.")
        case .tooManyAttempts(let seconds):
            self.init(
                .tooManyAttempts, detail: "Too many attempts. Try again in \(seconds) s.", retryAfterSeconds: seconds)
        case .registrationsFull:
            self.init(
                .registrationsFull, detail: "Too many registrations wait to be confirmed.",
                retryAfterSeconds: RegistrationStore.fullRetrySeconds)
        case .overloaded:
            self.init(
                .overloaded, detail: "More passwords are waiting than can be checked in time.", retryAfterSeconds: 1)
        case .database(let error): self.init(error)
        }
    }

    static let accountsOff = Problem(.accountsOff, detail: "This installation has no accounts of its own.")
}
