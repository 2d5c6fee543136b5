internal import Idempotency
package import MySQL
package import WebApplication

extension Problem {
    /// What a client may know of a database's failure. A service maps the errors that mean something to it (a taken e-mail
    /// address, say) before it comes to this.
    package init(_ error: DatabaseError) {
        switch error {
        case IdempotencyStore.keyTaken: self = .idempotencyKeyInUse
        case .unavailable, .untrustedServer, .poolExhausted, .conflict, .lockWaitTimeout:
            self = .databaseUnavailable(error)
        case .deadlineExceeded: self = .deadlineExceeded
        case .outcomeUnknown: self = .outcomeUnknown(error)
        case .duplicateKey, .outOfRange, .dataTooLong, .decoding, .statement: self = .internalError(error)
        }
    }
}
