import DatabaseWebService
import MySQL
import Telemetry

/// How far the feed has been read.
struct FeedCursor: Sendable, Equatable {
    /// The number of the last event that was taken; 0 before the first.
    let seq: Int64
    /// What the feed is asked to go on after, as it said itself.
    let position: String
}

/// All SQL on the cursor. Its row is the first that a transaction locks.
struct FeedCursorStore {
    func find<Query: SQLQuerying & ~Copyable>(in session: borrowing Query) throws(Query.Failure) -> FeedCursor {
        try cursor("SELECT seq, position FROM feed_cursor WHERE id = 1", in: session)
    }

    /// The cursor, with its row held until the transaction ends: another instance that has read the same waits.
    func lock<Failure: DatabaseFailure>(
        in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> FeedCursor {
        try cursor("SELECT seq, position FROM feed_cursor WHERE id = 1 FOR UPDATE", in: transaction)
    }

    /// Holds the row until the transaction ends.
    func hold<Failure: DatabaseFailure>(in transaction: borrowing Transaction<Failure>) throws(Failure) {
        _ = try lock(in: transaction)
    }

    func move<Failure: DatabaseFailure>(
        to cursor: FeedCursor, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        try transaction.execute(
            """
            UPDATE feed_cursor SET seq = \(cursor.seq), position = \(cursor.position), moved_at = UTC_TIMESTAMP(6)
            WHERE id = 1
            """)
    }

    private func cursor<Query: SQLQuerying & ~Copyable>(
        _ sql: SQL, in session: borrowing Query
    ) throws(Query.Failure) -> FeedCursor {
        let cursor = try session.queryFirst(sql) { (row) throws(DatabaseError) in
            FeedCursor(seq: try row.int64("seq"), position: try row.string("position"))
        }
        guard let cursor else { throw Query.Failure(.decoding("feed_cursor has no row")) }
        return cursor
    }
}
