import DatabaseWebService
import MySQL
import Telemetry

/// One login, and what became of its tokens.
struct Session: Sendable {
    let customerID: Int64
    let tokenDigest: [UInt8]
    /// Of the token before.
    let usedDigest: [UInt8]?
    let usedAt: Timestamp?
    let expiresAt: Timestamp
    let now: Timestamp
}

/// All SQL on sessions: one row for each, however often its tokens rotate.
struct SessionStore {
    /// 10 sessions of an account: its owner's devices.
    static let sessionsMax = 10
    /// 90 days from the login on; then the password is asked for again, however often the tokens rotated.
    private static let daysMax = 90

    let refreshSeconds: Int

    /// - Parameter token: the first of the session. Inserted twice it is inserted once.
    func insert(
        _ token: RefreshToken, customerID: Int64, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) {
        try transaction.execute(
            """
            INSERT INTO sessions (id, customer_id, token_digest, created_at, expires_at)
            VALUES (\(token.sessionID), \(customerID), \(token.digest), UTC_TIMESTAMP(6),
                UTC_TIMESTAMP(6) + INTERVAL \(refreshSeconds) SECOND)
            ON DUPLICATE KEY UPDATE expires_at = VALUES(expires_at)
            """)
        let surplus = try transaction.query(
            """
            SELECT id FROM sessions WHERE customer_id = \(customerID)
            ORDER BY created_at DESC LIMIT 100 OFFSET \(SessionStore.sessionsMax)
            """
        ) { (row) throws(DatabaseError) in try row.bytes("id") }
        if !surplus.isEmpty { try transaction.execute("DELETE FROM sessions WHERE id IN \(list: surplus)") }
    }

    /// The session with its row held, so that of two tokens at once one comes after the other.
    func lock(
        id: [UInt8], in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) -> Session? {
        try transaction.queryFirst(
            """
            SELECT customer_id, token_digest, used_digest, used_at, expires_at, \(SQL.now)
            FROM sessions WHERE id = \(id) FOR UPDATE
            """
        ) { (row) throws(DatabaseError) in
            Session(
                customerID: try row.int64("customer_id"), tokenDigest: try row.bytes("token_digest"),
                usedDigest: try row.optionalBytes("used_digest"), usedAt: try row.optionalTimestamp("used_at"),
                expiresAt: try row.timestamp("expires_at"), now: try row.timestamp("now"))
        }
    }

    func isActive(
        customerID: Int64, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) -> Bool {
        try transaction.queryFirst("SELECT is_active FROM customers WHERE id = \(customerID)") {
            (row) throws(DatabaseError) in try row.bool("is_active")
        } ?? false
    }

    /// Puts the successor in the place of a token that is used now.
    func rotate(
        from token: RefreshToken, to successor: RefreshToken, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) {
        try transaction.execute(
            """
            UPDATE sessions SET token_digest = \(successor.digest), used_digest = \(token.digest),
                used_at = UTC_TIMESTAMP(6), expires_at = LEAST(
                    UTC_TIMESTAMP(6) + INTERVAL \(refreshSeconds) SECOND,
                    created_at + INTERVAL \(SessionStore.daysMax) DAY)
            WHERE id = \(token.sessionID)
            """)
    }

    /// Makes the successor the one that counts, of a token that was used already.
    func setSuccessor(
        _ successor: RefreshToken, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) {
        try transaction.execute(
            "UPDATE sessions SET token_digest = \(successor.digest) WHERE id = \(successor.sessionID)")
    }

    /// - Returns: whether there was such a session.
    @discardableResult
    func remove(id: [UInt8], in transaction: borrowing Transaction<AccountError>) throws(AccountError) -> Bool {
        try transaction.execute("DELETE FROM sessions WHERE id = \(id)").affectedRows == 1
    }

    /// - Returns: how many were removed, at most `limit`.
    func removeExpired(limit: Int, in transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) -> Int {
        try transaction.execute(
            "DELETE FROM sessions WHERE expires_at < UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT \(limit)"
        ).affectedRows
    }
}
