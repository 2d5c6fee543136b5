/// What happened inside a `Database`, for logs and metrics. The service counts and logs them.
package enum DatabaseEvent: Sendable, Hashable {
    /// A call of `Database` that does work.
    package enum Operation: String, Sendable, CaseIterable {
        case read, transaction
    }

    /// A read or a transaction came to its end, with or without an error, repetitions and the wait for a connection included.
    case ended(Operation, nanoseconds: UInt64)
    /// A connection was opened.
    case connected
    /// A connection could not be opened.
    case connectFailed(String)
    /// A host refuses to serve, says nothing or is not to be reached; the others are used instead.
    case hostFailed(DatabaseHost, String)
    /// A host that had failed serves again.
    case hostServes(DatabaseHost)
    /// A connection broke, or was dropped because the server can do no work on it.
    case connectionLost(String)
    /// A read or a transaction is run again; `attempt` is the number of the one that failed, from 1.
    case retry(reason: DatabaseError, attempt: Int, pauseMilliseconds: Int)
    /// A caller had to wait for a connection, and got one.
    case poolWait(milliseconds: Int)
    /// A caller waited for a connection in vain.
    case poolExhausted
    /// A COMMIT got no answer that tells the outcome.
    case commitLost(String)
}
