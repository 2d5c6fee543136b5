import Concurrency
import MySQL

/// The right of one process to hand the log's events on, and how far it has come; all SQL of `event_consumers`.
///
/// Whoever holds it renews it with each step. Another may take it 30 s after the last. A step counts only while the lease is still
/// the process's own, told by a number that it drew.
struct EventLease: Sendable {
    /// 30 s: three times what a step may last.
    static let seconds = 30

    let name: String
    /// This process's own.
    let fence = Int64.random(in: 1...Int64.max)

    /// Takes the lease if it is free, and renews it if it is held.
    ///
    /// - Returns: the number of the event that was handed on last; nil where another process holds the lease.
    func claim(in transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) -> Int64? {
        try transaction.execute(
            """
            INSERT IGNORE INTO event_consumers (name, seq, fence, lease_until)
            VALUES (\(name), 0, 0, '2000-01-01 00:00:00')
            """)
        let found = try transaction.queryFirst(
            """
            SELECT seq, fence = \(fence) OR lease_until < UTC_TIMESTAMP(6) AS is_free FROM event_consumers
            WHERE name = \(name) FOR UPDATE
            """
        ) { (row) throws(DatabaseError) in (seq: try row.int64("seq"), isFree: try row.bool("is_free")) }
        guard let found, found.isFree else { return nil }
        try transaction.execute(
            """
            UPDATE event_consumers SET fence = \(fence),
                lease_until = UTC_TIMESTAMP(6) + INTERVAL \(EventLease.seconds) SECOND WHERE name = \(name)
            """)
        return found.seq
    }

    /// Writes that all events up to `seq` were handed on.
    ///
    /// - Returns: false where another process has taken the lease; nothing is written then.
    func advance(to seq: Int64, in transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) -> Bool {
        try transaction.execute(
            """
            UPDATE event_consumers SET seq = \(seq),
                lease_until = UTC_TIMESTAMP(6) + INTERVAL \(EventLease.seconds) SECOND
            WHERE name = \(name) AND fence = \(fence)
            """
        ).affectedRows == 1
    }

    /// Gives the lease back, for another process to take at once.
    func release(in transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) {
        try transaction.execute(
            "UPDATE event_consumers SET lease_until = UTC_TIMESTAMP(6) WHERE name = \(name) AND fence = \(fence)")
    }
}
