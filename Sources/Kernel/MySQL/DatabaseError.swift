/// What can go wrong with the database, in the terms that a caller acts on.
///
/// Messages are for logs. Values of a row never appear in them, since they may be personal data.
package enum DatabaseError: Error, Sendable, Hashable {
    /// A unique index has that value already. Carries the index's name, without its table; `PRIMARY` for a primary key.
    ///
    /// The statement alone was undone: the transaction goes on, and the body may act on it.
    case duplicateKey(String)
    /// A number left its column's range, such as a stock (`UNSIGNED`) going below 0.
    case outOfRange(String)
    /// A text or blob is longer than its column, or than the server's `max_allowed_packet`.
    case dataTooLong(String)
    /// Transactions kept getting in each other's way (deadlock, Galera certification), all attempts long.
    case conflict
    /// Another transaction held a row's lock for longer than `lockWaitTimeoutSeconds`.
    case lockWaitTimeout
    /// No connection, or one that cannot do the work: lost, read-only, disk full, shutting down.
    case unavailable(String)
    /// The server has not proved to be the one that was meant: no TLS where it is required, or a certificate that nobody in the
    /// file of authorities vouches for, or made out to another host.
    case untrustedServer(String)
    /// All connections were busy for `acquireTimeoutMilliseconds`.
    case poolExhausted
    /// The caller's time was up. What had not been committed was rolled back.
    case deadlineExceeded
    /// A COMMIT got no answer that tells the outcome, as when the connection breaks: the transaction is either wholly done or not at all, and nobody knows which.
    case outcomeUnknown(String)
    /// A row does not hold what the caller reads from it: no such column, NULL, or another type.
    case decoding(String)
    /// The server refused the statement for another reason (a bug, a missing table or grant). Code 0: refused on this
    /// side, before it was sent.
    case statement(code: Int, message: String)

    /// Whether a unique index refused the row.
    package var isDuplicateKey: Bool {
        if case .duplicateKey = self { return true }
        return false
    }
}

extension DatabaseError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .duplicateKey(let index): "A row with this value is in the unique index \(index) already."
        case .outOfRange(let message): "A number left its column's range: \(message)"
        case .dataTooLong(let message): "A value is too long: \(message)"
        case .conflict: "The transaction met a conflict with others in every attempt."
        case .lockWaitTimeout: "Another transaction held a row's lock for too long."
        case .unavailable(let message): "The database is not available: \(message)"
        case .untrustedServer(let message):
            "The database server cannot be trusted: \(message). It must offer TLS, with a certificate that is valid, signed by "
                + "an authority of the given file, and made out to the host that it is connected to."
        case .poolExhausted: "All database connections are busy."
        case .deadlineExceeded: "The time for the database work was up."
        case .outcomeUnknown(let message): "A COMMIT got no answer that tells its outcome: \(message)"
        case .decoding(let message): "A row does not hold what is read from it: \(message)"
        case .statement(let code, let message): "The database refused the statement (\(code)): \(message)"
        }
    }
}

/// A service's own error, which has a place for what the database reports.
///
/// `Database` and what it lends throw it, so that one `switch` in the service sees everything that can happen.
package protocol DatabaseFailure: Error {
    init(_ error: DatabaseError)
    /// What the database said, if it is that which failed.
    var databaseError: DatabaseError? { get }
}

extension DatabaseError: DatabaseFailure {
    /// For callers that have no error of their own.
    package init(_ error: DatabaseError) { self = error }

    package var databaseError: DatabaseError? { self }
}
