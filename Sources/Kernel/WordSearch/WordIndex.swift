private import Concurrency
package import MySQL

/// The words of a table's rows, in a table of their own, and in the same transaction as the rows.
///
/// `words` has the columns `word` and `row_id`, which are its primary key: the rows of a word come by descending id
/// without sorting, so that a page costs its own rows. `rows` has `id` and `has_words` (whether
/// its words are written), with the key `ix_has_words (has_words, id)`.
/// The collation `utf8mb4_unicode_ci` takes letters of any case and with any accents for one.
package struct WordIndex: Sendable {
    /// Entries that one search may read to find what it asks for: some milliseconds.
    static let entriesMax = 10_000
    /// Words written by one statement.
    private static let wordsPerStatement = 1024

    let rows: StaticString
    let words: StaticString
    /// Whether all rows have been seen to have their words.
    private let hasAll = Lock(false)

    package init(of rows: StaticString, in words: StaticString) {
        self.rows = rows
        self.words = words
    }

    /// Writes the words of a row that has none yet. The row itself is inserted with `has_words`.
    package func insert<Failure: DatabaseFailure>(
        _ words: SearchWords, rowID: Int64, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        try insert(words.words.map { (word: $0, rowID: rowID) }, in: transaction)
    }

    /// Writes the words of a row that has been changed, and whose row the transaction holds.
    package func replace<Failure: DatabaseFailure>(
        _ old: SearchWords, with new: SearchWords, rowID: Int64, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        guard old != new else { return }
        // All of them: which ones are the same word is for the collation to say.
        _ = try transaction.execute(
            "DELETE FROM \(literal: words) WHERE word IN \(list: old.words) AND row_id = \(rowID)")
        try insert(new, rowID: rowID, in: transaction)
        try mark([rowID], in: transaction)
    }

    /// Whether every row that was there before this process can be found.
    ///
    /// Once it was so, rows that come in other ways than through the service make no difference: `WordBackfill` gets to them
    /// in a moment.
    func isComplete<Query: SQLQuerying & ~Copyable>(in session: borrowing Query) throws(Query.Failure) -> Bool {
        if hasAll.withLock({ $0 }) { return true }
        let isComplete = try session.query(
            "SELECT id FROM \(literal: rows) FORCE INDEX (ix_has_words) WHERE has_words = FALSE LIMIT 1"
        ).isEmpty
        if isComplete { noteComplete() }
        return isComplete
    }

    /// Takes note that all rows have been gone through. While others keep coming, there may be no moment without any.
    func noteComplete() { hasAll.withLock { $0 = true } }

    /// Notes that the words of these rows are written.
    func mark<Failure: DatabaseFailure>(
        _ rowIDs: [Int64], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        _ = try transaction.execute("UPDATE \(literal: rows) SET has_words = TRUE WHERE id IN \(list: rowIDs)")
    }

    func insert<Failure: DatabaseFailure>(
        _ entries: [(word: String, rowID: Int64)], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        var rest = entries[...]
        while let first = rest.first {
            let part = rest.prefix(WordIndex.wordsPerStatement)
            rest = rest.dropFirst(part.count)
            // Repeated to the next power of two, so that few different statements have to be prepared.
            var count = 1
            while count < part.count { count *= 2 }
            var sql: SQL = "INSERT INTO \(literal: words) (word, row_id) VALUES (\(first.word), \(first.rowID))"
            for entry in part.dropFirst() { sql.append(", (\(entry.word), \(entry.rowID))") }
            for _ in part.count..<count { sql.append(", (\(first.word), \(first.rowID))") }
            // Words that differ in case or accents are one.
            sql.append(" ON DUPLICATE KEY UPDATE row_id = row_id")
            _ = try transaction.execute(sql)
        }
    }
}
