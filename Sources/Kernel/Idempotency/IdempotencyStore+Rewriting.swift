package import MySQL

/// By which a kept reply is found, and how far a walk over them has come.
package struct KeptReplyID: Sendable, Equatable {
    let scope: String
    let key: String

    /// Before every reply.
    package static let start = KeptReplyID(scope: "", key: "")
}

// What changes replies that are kept: a person's data must not outlive its erasure in them. Each still stands for the same effect.
extension IdempotencyStore {
    /// Above every scope, which is of visible ASCII.
    private static let scopeMax = "\u{7F}"

    /// Up to `limit` replies after `position`, by their scope and key, each with whether `condition` holds for it.
    ///
    /// - Parameter condition: of columns of the table, such as `LOCATE(…, response_body) > 0`.
    package func replies<Query: SQLQuerying & ~Copyable>(
        after position: KeptReplyID, limit: Int, where condition: SQL, in session: borrowing Query
    ) throws(Query.Failure) -> [(id: KeptReplyID, isMet: Bool)] {
        try replies(after: position, below: IdempotencyStore.scopeMax, limit, condition, in: session)
    }

    /// Rewrites the body of a reply, and holds its row until the transaction ends.
    ///
    /// - Parameter change: nil for a body that stays.
    /// - Returns: whether it was rewritten; false where it is not kept any more, too.
    @discardableResult
    package func rewrite<Failure: DatabaseFailure>(
        _ id: KeptReplyID, in transaction: borrowing Transaction<Failure>, _ change: ([UInt8]) -> [UInt8]?
    ) throws(Failure) -> Bool {
        let body = try transaction.queryFirst(
            """
            SELECT response_body FROM idempotency_keys
            WHERE scope = \(id.scope) AND idempotency_key = \(id.key) FOR UPDATE
            """
        ) { (row) throws(DatabaseError) in try row.bytes("response_body") }
        guard let body, let changed = change(body) else { return false }
        try transaction.execute(
            """
            UPDATE idempotency_keys SET response_body = \(changed)
            WHERE scope = \(id.scope) AND idempotency_key = \(id.key)
            """)
        return true
    }

    /// Rewrites the replies of an operation, whoever called it and for whichever resource, for which `condition` holds.
    package func rewriteReplies<Failure: DatabaseFailure>(
        ofOperation operation: String, where condition: SQL, pageSize: Int,
        in transaction: borrowing Transaction<Failure>, _ change: ([UInt8]) -> [UInt8]?
    ) throws(Failure) {
        var position = KeptReplyID(scope: operation, key: "")
        while true {
            let page = try replies(
                after: position, below: operation + IdempotencyStore.scopeMax, pageSize, condition, in: transaction)
            for reply in page where reply.isMet { try rewrite(reply.id, in: transaction, change) }
            guard page.count == pageSize, let last = page.last else { return }
            position = last.id
        }
    }

    private func replies<Query: SQLQuerying & ~Copyable>(
        after position: KeptReplyID, below scopeEnd: String, _ limit: Int, _ condition: SQL,
        in session: borrowing Query
    ) throws(Query.Failure) -> [(id: KeptReplyID, isMet: Bool)] {
        try session.query(
            """
            SELECT scope, idempotency_key, \(condition) AS is_met FROM idempotency_keys FORCE INDEX (PRIMARY)
            WHERE scope = \(position.scope) AND idempotency_key > \(position.key)
                OR scope > \(position.scope) AND scope < \(scopeEnd)
            ORDER BY scope, idempotency_key LIMIT \(limit)
            """
        ) { (row) throws(DatabaseError) in
            let id = KeptReplyID(scope: try row.string("scope"), key: try row.string("idempotency_key"))
            // The condition on a column without a value is none.
            return (id, try row.optionalInt("is_met") == 1)
        }
    }
}
