package import Concurrency
package import MySQL
private import WebApplication

/// An error of a room whose operations take idempotency keys.
package protocol IdempotencyFailure: DatabaseFailure {
    /// Another request holds the key, or has used it since this one looked.
    static var keyTaken: Self { get }
    /// What the database said, if it is that which failed.
    var databaseError: DatabaseError? { get }
}

/// The keys and their replies, in the same schema as the effects, so that both commit together.
package struct IdempotencyStore: Sendable {
    enum Finding {
        case unseen
        /// The key was used so long ago that it may serve anew, once its row is gone.
        case expired
        case reply(StoredReply)
        /// The key belongs to another payload.
        case otherPayload
    }

    /// The table, for the migrations of every service that keeps keys. Two services in one schema share it: the scope
    /// tells their keys apart.
    package static let migration = Migration(
        name: "m0001_create_idempotency_keys",
        sql: """
            CREATE TABLE IF NOT EXISTS idempotency_keys (
                scope VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
                idempotency_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
                fingerprint BINARY(32) NOT NULL,
                status_code SMALLINT UNSIGNED NOT NULL,
                location VARCHAR(255) NULL,
                response_body MEDIUMBLOB NOT NULL,
                created_at DATETIME(6) NOT NULL,
                expires_at DATETIME(6) NOT NULL,
                PRIMARY KEY (scope, idempotency_key),
                KEY ix_idempotency_keys_expires_at (expires_at)
            ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
            """)

    private let retentionHours: Int

    package init(retentionHours: Int) { self.retentionHours = retentionHours }

    /// Makes one change, and keeps its reply under the claim's key, in one transaction.
    ///
    /// A COMMIT whose reply was lost is repeated under the key; with no claim it is reported as `outcomeUnknown`, since
    /// nothing would tell a second change from the first.
    ///
    /// - Throws: what `body` throws, and as `record`.
    package func change<Failure: IdempotencyFailure>(
        _ claim: IdempotencyClaim?, in database: Database, by deadline: Deadline,
        _ body: (borrowing Transaction<Failure>) throws(Failure) -> StoredReply
    ) throws(Failure) -> StoredReply {
        try database.transaction(by: deadline, ifCommitIsLost: claim == nil ? .report : .runAgain) {
            (transaction: borrowing Transaction<Failure>) throws(Failure) in
            let reply = try body(transaction)
            try record(claim, reply, in: transaction)
            return reply
        }
    }

    /// Keeps the reply under the claim's key, in the caller's transaction; with no claim, nothing.
    ///
    /// A concurrent request with the same key is waited for, as the database waits for the row.
    ///
    /// - Throws: `.keyTaken` if the key is held or used by another request.
    package func record<Failure: IdempotencyFailure>(
        _ claim: IdempotencyClaim?, _ reply: StoredReply, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        guard let claim else { return }
        do {
            _ = try transaction.execute(
                """
                INSERT INTO idempotency_keys
                    (scope, idempotency_key, fingerprint, status_code, location, response_body, created_at, expires_at)
                VALUES (\(claim.scope), \(claim.key.text), \(claim.fingerprint), \(reply.status), \(reply.location),
                    \(reply.body), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL \(retentionHours) HOUR)
                """)
        } catch {
            switch error.databaseError {
            case .duplicateKey, .lockWaitTimeout: throw Failure.keyTaken
            default: throw error
            }
        }
    }

    func find<Query: SQLQuerying & ~Copyable>(
        _ claim: IdempotencyClaim, in session: borrowing Query
    ) throws(Query.Failure) -> Finding where Query.Failure == IdempotencyError {
        try session.queryFirst(
            """
            SELECT fingerprint, status_code, location, response_body, expires_at > UTC_TIMESTAMP(6) AS is_kept
            FROM idempotency_keys WHERE scope = \(claim.scope) AND idempotency_key = \(claim.key.text)
            """
        ) { (row) throws(DatabaseError) -> Finding in
            guard try row.bool("is_kept") else { return .expired }
            guard try row.bytes("fingerprint") == claim.fingerprint else { return .otherPayload }
            return .reply(
                StoredReply(
                    status: try row.int("status_code"), location: try row.optionalString("location"),
                    body: try row.bytes("response_body")))
        } ?? .unseen
    }

    /// Removes the claim's key if it has expired, so that it can serve anew.
    func removeExpired(
        _ claim: IdempotencyClaim, in transaction: borrowing Transaction<IdempotencyError>
    ) throws(IdempotencyError) {
        _ = try transaction.execute(
            """
            DELETE FROM idempotency_keys WHERE scope = \(claim.scope) AND idempotency_key = \(claim.key.text)
                AND expires_at <= UTC_TIMESTAMP(6)
            """)
    }

    /// Removes up to `limit` expired keys.
    func removeExpired(
        limit: Int, in transaction: borrowing Transaction<IdempotencyError>
    ) throws(IdempotencyError) -> Int {
        try transaction.execute(
            """
            DELETE FROM idempotency_keys WHERE expires_at <= UTC_TIMESTAMP(6)
            ORDER BY expires_at LIMIT \(limit)
            """
        ).affectedRows
    }
}

/// What can go wrong with the keys themselves.
enum IdempotencyError: IdempotencyFailure {
    case keyTaken
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}
