import DatabaseLifecycle
import HTTPServer
import HTTPTypes
import Idempotency
import MySQL
import WordSearch

/// What can go wrong with customers.
enum CustomerError: IdempotencyFailure, SearchFailure {
    case notFound
    case emailTaken
    case identityCardTaken
    /// It is no longer the version that the change was meant for.
    case stale
    case keyTaken
    case searchTooBroad
    case searchNotReady
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}

extension Problem {
    /// What a client is told.
    init(_ error: CustomerError) {
        switch error {
        case .notFound:
            self.init(
                .notFound, code: "customer-not-found", title: "No such customer", detail: "No customer has this id.")
        case .emailTaken:
            self.init(
                .conflict, code: "email-taken", title: "The e-mail address is taken",
                detail: "Another customer has this e-mail address.", isFinal: true)
        case .identityCardTaken:
            self.init(
                .conflict, code: "identity-card-taken", title: "The identity card is taken",
                detail: "Another customer has this identity card.", isFinal: true)
        case .stale: self = .stale
        case .keyTaken: self = .idempotencyKeyInUse
        case .searchTooBroad: self = .searchTooBroad
        case .searchNotReady: self = .searchNotReady
        case .database(let error): self.init(error)
        }
    }
}
