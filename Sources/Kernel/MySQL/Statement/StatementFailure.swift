/// What has to happen after a statement failed.
enum Recovery: Sendable {
    /// Nothing: the statement alone was undone, its transaction goes on.
    case none
    /// Roll back, and leave it at that.
    case rollBack
    /// Roll back and run the transaction again: the server chose it as a victim.
    case runAgain
    /// Roll back and run it again at most once, since this failure already took a long wait.
    case runOnceAgain
    /// Drop the connection and run the transaction again on another.
    case reconnect
}

/// A statement that failed: the server's number, the meaning for a caller, and what to do about it.
///
/// Numbers: MySQL and MariaDB server error references (1000–4999), the client's own (2000–2999, MariaDB's from 5000).
struct StatementFailure: Error {
    let code: Int
    let error: DatabaseError
    let recovery: Recovery

    /// A failure found on this side of the connection.
    init(_ error: DatabaseError, recovery: Recovery) {
        code = 0
        self.error = error
        self.recovery = recovery
    }

    /// A statement that failed because its connection was shut down at the caller's deadline.
    init(cutOff failure: StatementFailure) {
        code = failure.code
        error = .deadlineExceeded
        recovery = .reconnect
    }

    /// A connection that could not be opened. Whatever the reason, no statement can be run.
    init(connectingCode code: Int, message: String) {
        self.code = code
        let message = "\(message) (\(code))"
        error = StatementFailure.isUntrusted(code, message) ? .untrustedServer(message) : .unavailable(message)
        recovery = .reconnect
    }

    /// Both client libraries have one number for all that goes wrong with TLS, a connection that breaks among it, and tell
    /// certificates from the rest in words alone.
    private static func isUntrusted(_ code: Int, _ message: String) -> Bool {
        guard code == 2026 else { return false }
        let words = message.lowercased().split { !$0.isLetter }
        return words.contains("certificate") || words.contains("required")
    }

    /// A failure with a number from the server or the client library.
    init(code: Int, message: String) {
        self.code = code
        switch code {
        case 1062, 1586:
            error = .duplicateKey(StatementFailure.indexName(in: message))
            recovery = .none
        case 1264, 1690:
            error = .outOfRange(message)
            recovery = .none
        case 1406:
            error = .dataTooLong(message)
            recovery = .none
        case 1153, 2020:
            // The server closes the connection after it, and would do so each time.
            error = .dataTooLong(message)
            recovery = .rollBack
        case 1213, 1020, 1412, 8002, 8022, 9007:
            error = .conflict
            recovery = .runAgain
        case 1205, 3572:
            error = .lockWaitTimeout
            recovery = .runOnceAgain
        case 1317:
            error = .unavailable("\(message) (\(code))")
            recovery = .runOnceAgain
        case 1969, 3024:
            error = .deadlineExceeded
            recovery = .rollBack
        case 1021, 1041, 1114:
            error = .unavailable("\(message) (\(code))")
            recovery = .rollBack
        case 1040, 1047, 1053, 1129, 1158...1161, 1226, 1290, 1836, 1927, 4031, 2000...2019, 2024...2028, 2048, 2055,
            5013...5015:
            error = .unavailable("\(message) (\(code))")
            recovery = .reconnect
        case 1292, 1366:
            error = .statement(code: code, message: StatementFailure.withoutValue(message))
            recovery = .none
        default:
            error = .statement(code: code, message: message)
            recovery = .none
        }
    }

    /// What a node of a cluster says that is outside of its majority.
    static let notReadyCode = 1047
    /// What a server says that must not change anything.
    static let readOnlyCode = 1290

    /// Whether the server says that it serves nobody at present: it is outside of its cluster's majority, shutting down, or read-only.
    var tellsOfHost: Bool { [StatementFailure.notReadyCode, 1053, StatementFailure.readOnlyCode, 1836].contains(code) }

    /// Whether a connection could not be opened since nothing came from the server that makes sense, rather than a refusal.
    var tellsOfSilence: Bool { (2000...2999).contains(code) || (5000...5999).contains(code) }

    /// Whether a transaction whose COMMIT met this is not committed, for certain: it was not sent, or the server says that it
    /// rolled back. Whatever else happens at a COMMIT may have happened after it took effect.
    var provesRollback: Bool {
        switch code {
        // Found on this side, before anything was sent.
        case 0: true
        // Conflicts, Galera's certification and TiDB's optimistic checks among them.
        case 1020, 1062, 1213, 8002, 8022, 9007: true
        // A lock on all commits (a backup) that was not lifted in time; a server that turned read-only.
        case 1205, 1290, 1836: true
        default: false
        }
    }

    /// `Duplicate entry 'x' for key 'customers.email'` → `email`. MariaDB leaves the table out, MySQL puts it before.
    private static func indexName(in message: String) -> String {
        let quoted = message.split(separator: "'", omittingEmptySubsequences: false)
        guard quoted.count >= 3 else { return "" }
        let name = quoted[quoted.count - 2]
        return String(name.split(separator: ".").last ?? name)
    }

    /// `Incorrect integer value: 'x' for column …` → `Incorrect integer value for column …`: a value may be personal.
    private static func withoutValue(_ message: String) -> String {
        guard let kind = message.firstIndex(of: ":") else { return message }
        let tail = " for column "
        var start = message.endIndex
        while start > kind {
            if message[start...].hasPrefix(tail) { return String(message[..<kind] + message[start...]) }
            start = message.index(before: start)
        }
        return String(message[..<kind])
    }
}
