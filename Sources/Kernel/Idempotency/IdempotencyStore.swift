package import MySQL
package import Telemetry

/// The keys and their replies, in the same schema as the effects, so that both commit together.
package struct IdempotencyStore: Sendable {
    package enum KeyState {
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

    /// What `record` throws, as the service's error, if another request holds the key or has used it since this one looked.
    package static let keyTaken = DatabaseError.duplicateKey("idempotency_keys")

    /// Makes one change, and keeps the reply to it, in one transaction.
    ///
    /// A COMMIT whose reply was lost is repeated under the key; with no key it is reported as `outcomeUnknown`, since
    /// nothing would tell a second change from the first.
    ///
    /// - Throws: what `body` throws, and as `record`.
    package func change<Value, Failure: DatabaseFailure>(
        _ keeping: ReplyKeeping<Value>, in database: Database, for call: CallContext,
        _ body: (borrowing Transaction<Failure>) throws(Failure) -> Value
    ) throws(Failure) -> Kept<Value> {
        try database.transaction(for: call, ifCommitIsLost: keeping.claim == nil ? .report : .runAgain) {
            (transaction: borrowing Transaction<Failure>) throws(Failure) in
            try record(try body(transaction), keeping, in: transaction)
        }
    }

    /// Keeps the reply that tells of `value`, in the caller's transaction; for a request without a key, nothing.
    ///
    /// A concurrent request with the same key is waited for, as the database waits for the row.
    ///
    /// - Throws: `keyTaken` if the key is held or used by another request.
    package func record<Value, Failure: DatabaseFailure>(
        _ value: Value, _ keeping: ReplyKeeping<Value>, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Kept<Value> {
        let reply = keeping.reply(value)
        if let claim = keeping.claim { try record(claim, reply, in: transaction) }
        return Kept(value: value, reply: reply)
    }

    /// As above, for a reply that tells of no value.
    package func record<Failure: DatabaseFailure>(
        _ claim: IdempotencyClaim, _ reply: StoredReply, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        do {
            _ = try transaction.execute(
                """
                INSERT INTO idempotency_keys
                    (scope, idempotency_key, fingerprint, status_code, location, response_body, created_at, expires_at)
                VALUES (\(claim.scope), \(claim.key), \(claim.fingerprint), \(reply.status), \(reply.location),
                    \(reply.body), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL \(retentionHours) HOUR)
                """)
        } catch {
            switch error.databaseError {
            case .duplicateKey, .lockWaitTimeout: throw Failure(IdempotencyStore.keyTaken)
            default: throw error
            }
        }
    }

    /// What has become of the claim's key.
    package func find<Query: SQLQuerying & ~Copyable>(
        _ claim: IdempotencyClaim, in session: borrowing Query
    ) throws(Query.Failure) -> KeyState {
        try session.queryFirst(
            """
            SELECT fingerprint, status_code, location, response_body, expires_at > UTC_TIMESTAMP(6) AS is_kept
            FROM idempotency_keys WHERE scope = \(claim.scope) AND idempotency_key = \(claim.key)
            """
        ) { (row) throws(DatabaseError) -> KeyState in
            guard try row.bool("is_kept") else { return .expired }
            guard try row.bytes("fingerprint") == claim.fingerprint else { return .otherPayload }
            return .reply(
                StoredReply(
                    status: try row.int("status_code"), location: try row.optionalString("location"),
                    body: try row.bytes("response_body")))
        } ?? .unseen
    }

    /// What has become of the claim's key, asked by itself.
    package func find(
        _ claim: IdempotencyClaim, in database: Database, for call: CallContext
    ) throws(DatabaseError) -> KeyState {
        try database.read(for: call) { (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try find(claim, in: session)
        }
    }

    /// Removes the claim's key if it has expired, so that it can serve anew.
    package func removeExpired(
        _ claim: IdempotencyClaim, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) {
        _ = try transaction.execute(
            """
            DELETE FROM idempotency_keys WHERE scope = \(claim.scope) AND idempotency_key = \(claim.key)
                AND expires_at <= UTC_TIMESTAMP(6)
            """)
    }

    /// Removes up to `limit` expired keys.
    package func removeExpired(
        limit: Int, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> Int {
        try transaction.execute(
            """
            DELETE FROM idempotency_keys WHERE expires_at <= UTC_TIMESTAMP(6)
            ORDER BY expires_at LIMIT \(limit)
            """
        ).affectedRows
    }
}
