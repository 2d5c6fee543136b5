import MySQL

/// What a key keeps.
struct KeptReply: Sendable {
    let fingerprint: [UInt8]
    let status: Int
    let body: [UInt8]
}

/// All SQL on keys and their answers.
struct KeyStore {
    func find(
        _ key: String, in transaction: borrowing Transaction<GatewayFailure>
    ) throws(GatewayFailure) -> KeptReply? {
        try transaction.queryFirst(
            "SELECT fingerprint, status_code, response_body FROM gateway_keys WHERE idempotency_key = \(key)"
        ) { (row) throws(DatabaseError) in
            KeptReply(
                fingerprint: try row.bytes("fingerprint"), status: try row.int("status_code"),
                body: try row.bytes("response_body"))
        }
    }

    /// - Throws: `keyTaken` where another process has answered under the key meanwhile.
    func insert(
        _ key: String, _ reply: KeptReply, in transaction: borrowing Transaction<GatewayFailure>
    ) throws(GatewayFailure) {
        do {
            _ = try transaction.execute(
                """
                INSERT INTO gateway_keys (idempotency_key, fingerprint, status_code, response_body, created_at)
                VALUES (\(key), \(reply.fingerprint), \(reply.status), \(reply.body), UTC_TIMESTAMP(6))
                """)
        } catch {
            if error.databaseError?.isDuplicateKey == true { throw .keyTaken }
            throw error
        }
    }

    /// Removes up to `limit` keys that are older than so many hours.
    ///
    /// - Returns: how many.
    func removeOld(
        hours: Int, limit: Int, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> Int {
        try transaction.execute(
            """
            DELETE FROM gateway_keys WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL \(hours) HOUR
            ORDER BY created_at LIMIT \(limit)
            """
        ).affectedRows
    }
}
