import DatabaseWebService
import MySQL
import Telemetry

/// All SQL on guesses. The database's clock counts for all instances.
struct GuessStore {
    /// Counts one attempt against each limit. Rows are locked in the order of their ids.
    ///
    /// - Throws: `.tooManyAttempts`, with which the transaction must be given up: an attempt that is refused does not count.
    func count(
        _ guesses: [Guess], in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) {
        let guesses = GuessStore.ordered(guesses)
        var sql: SQL = "INSERT INTO guesses (id, free_at) VALUES "
        for (index, guess) in guesses.enumerated() {
            if index > 0 { sql.append(", ") }
            sql.append("(\(guess.id), UTC_TIMESTAMP(6) + INTERVAL \(guess.limit.intervalSeconds) SECOND)")
        }
        sql.append(
            """
             ON DUPLICATE KEY UPDATE free_at = IF(free_at > UTC_TIMESTAMP(6),
                free_at + INTERVAL TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), VALUES(free_at)) MICROSECOND,
                VALUES(free_at))
            """)
        try transaction.execute(sql)
        let rows = try transaction.query(
            "SELECT id, free_at, \(SQL.now) FROM guesses WHERE id IN \(list: guesses.map(\.id))"
        ) { (row) throws(DatabaseError) in
            (try row.bytes("id"), try row.timestamp("free_at"), try row.timestamp("now"))
        }
        var retryAfterSeconds = 0
        for (id, freeAt, now) in rows {
            guard let limit = guesses.first(where: { $0.id == id })?.limit else { continue }
            let latest = now.adding(seconds: limit.atOnce * limit.intervalSeconds)
            let excess = freeAt.microsecondsSince1970 - latest.microsecondsSince1970
            if excess > 0 { retryAfterSeconds = max(retryAfterSeconds, Int(excess / 1_000_000) + 1) }
        }
        if retryAfterSeconds > 0 { throw .tooManyAttempts(retryAfterSeconds: retryAfterSeconds) }
    }

    /// Takes back what `count` counted.
    func takeBack(
        _ guesses: [Guess], in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) {
        for guess in GuessStore.ordered(guesses) {
            try transaction.execute(
                """
                UPDATE guesses SET free_at = free_at - INTERVAL \(guess.limit.intervalSeconds) SECOND
                WHERE id = \(guess.id)
                """)
        }
    }

    /// Removes rows that say no more than an absent one does.
    ///
    /// - Returns: how many, at most `limit`.
    func removeFree(limit: Int, in transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) -> Int {
        try transaction.execute("DELETE FROM guesses WHERE free_at < UTC_TIMESTAMP(6) ORDER BY free_at LIMIT \(limit)")
            .affectedRows
    }

    private static func ordered(_ guesses: [Guess]) -> [Guess] {
        guesses.sorted { $0.id.lexicographicallyPrecedes($1.id) }
    }
}
