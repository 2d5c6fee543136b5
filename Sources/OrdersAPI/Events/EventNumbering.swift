import MySQL

/// All SQL that numbers events.
///
/// Whoever reads by ascending number must never meet a number that commits after a higher one. So a number is given in a transaction
/// of its own, to what has committed already, by whoever holds the row of `event_sequence`.
struct EventNumbering {
    /// An event that has no number yet.
    struct Waiting: Sendable {
        let id: Int64
        let orderID: Int64
        let version: Int64
        let kind: String
    }

    /// The number of the last event. Held until the transaction ends.
    func lockSequence<Failure: DatabaseFailure>(
        in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Int64 {
        let seq = try transaction.queryFirst("SELECT seq FROM event_sequence WHERE id = 1 FOR UPDATE") {
            (row) throws(DatabaseError) in try row.int64("seq")
        }
        guard let seq else { throw Failure(.decoding("event_sequence has no row")) }
        return seq
    }

    /// Up to `limit` committed events without a number, with ids above `bound`.
    func waiting(
        above bound: Int64, limit: Int, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> [Waiting] {
        try transaction.query(
            """
            SELECT id, order_id, version, type FROM event_outbox WHERE id > \(bound) ORDER BY id LIMIT \(limit)
            """
        ) { (row) throws(DatabaseError) in
            Waiting(
                id: try row.int64("id"), orderID: try row.int64("order_id"), version: try row.int64("version"),
                kind: try row.string("type"))
        }
    }

    /// Whether there are none.
    func isEmpty(
        above bound: Int64, in session: borrowing ReadSession<DatabaseError>
    ) throws(DatabaseError) -> Bool {
        try session.query("SELECT id FROM event_outbox WHERE id > \(bound) ORDER BY id LIMIT 1").isEmpty
    }

    /// Those whose turn it is: an event is left where it is until the one before it of its order has its number, or gets it with
    /// it. The order's row lock has them commit in turn; what finds them may not (a bound, the end of a batch, a cluster's ids).
    func inTurn(
        _ waiting: [Waiting], in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> [Waiting] {
        var numbered = try lastVersions(of: waiting, in: transaction)
        var turn: [Waiting] = []
        for event in waiting.sorted(by: { ($0.version, $0.id) < ($1.version, $1.id) })
        where numbered[event.orderID, default: 0] == event.version - 1 {
            numbered[event.orderID] = event.version
            turn.append(event)
        }
        return turn
    }

    /// The last version that has a number, of each order of which the first in the batch is not its first of all.
    private func lastVersions(
        of waiting: [Waiting], in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> [Int64: Int64] {
        let orderIDs = Set(waiting.lazy.filter { $0.version > 1 }.map(\.orderID))
        guard !orderIDs.isEmpty else { return [:] }
        let rows = try transaction.query(
            """
            SELECT order_id, MAX(version) AS version FROM event_log WHERE order_id IN \(list: orderIDs.sorted())
            GROUP BY order_id
            """
        ) { (row) throws(DatabaseError) in (try row.int64("order_id"), try row.int64("version")) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Gives the events the numbers behind `seq`.
    func number(
        _ events: [Waiting], after seq: Int64, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) {
        var next = seq + 1
        for part in events.partsOfPowersOfTwo() {
            var sql: SQL = "INSERT INTO event_log (seq, order_id, version, type) VALUES"
            for (index, event) in part.enumerated() {
                if index > 0 { sql.append(",") }
                sql.append(" (\(next), \(event.orderID), \(event.version), \(event.kind))")
                next += 1
            }
            try transaction.execute(sql)
        }
        // Exactly these: with a bound of ids, one that has not committed yet would be waited for, and then deleted without a number.
        // Only the multi-table form takes a hint, without which the lock may fall on all rows.
        try transaction.execute(
            """
            DELETE event_outbox FROM event_outbox FORCE INDEX (PRIMARY) WHERE id IN \(list: events.map(\.id))
            """)
        try setSequence(seq + Int64(events.count), in: transaction)
    }

    /// Has the next event get the number behind `seq`.
    ///
    /// - Returns: what the last number was.
    func rebase(to seq: Int64, in transaction: borrowing Transaction<RebaseError>) throws(RebaseError) -> Int64 {
        let last = try lockSequence(in: transaction)
        guard seq > last else { throw .alreadyThere(last: last) }
        // A rebase that no event has followed yet is taken back.
        let earlier = try transaction.queryFirst(
            "SELECT previous_seq FROM event_rebases WHERE seq = \(last + 1)"
        ) { (row) throws(DatabaseError) in try row.int64("previous_seq") }
        try transaction.execute("DELETE FROM event_rebases WHERE seq = \(last + 1)")
        try transaction.execute(
            "INSERT INTO event_rebases (seq, previous_seq) VALUES (\(seq + 1), \(earlier ?? last))")
        try setSequence(seq, in: transaction)
        return last
    }

    private func setSequence<Failure: DatabaseFailure>(
        _ seq: Int64, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        try transaction.execute("UPDATE event_sequence SET seq = \(seq) WHERE id = 1")
    }
}
