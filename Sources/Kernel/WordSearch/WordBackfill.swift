package import Concurrency
package import MySQL
package import Telemetry

/// Writes the words of rows that have none: those from before there was an index, and those that came in other ways than
/// through the service.
///
/// Each batch is a transaction that marks its rows, so that it goes on where it was when the process ended, and several
/// instances share the work.
package struct WordBackfill: Sendable {
    /// The rows of a transaction. They are held while it runs, some 20 ms.
    private static let batchSize = 100
    /// 2 s of work and a pause of 1 s: requests get the database to themselves in between, and a stop need not wait long.
    private static let workMilliseconds = 2000
    private static let intervalMilliseconds = 1000
    /// For one batch, a hundred times what it takes.
    private static let batchMilliseconds = 5000

    private let index: WordIndex
    private let database: Database
    private let columns: StaticString
    private let words: @Sendable (Row) throws(DatabaseError) -> SearchWords

    /// - Parameters:
    ///   - columns: what `words` reads of a row.
    ///   - words: the same as the service writes.
    package init(
        _ index: WordIndex, _ database: Database, columns: StaticString,
        words: @escaping @Sendable (Row) throws(DatabaseError) -> SearchWords
    ) {
        self.index = index
        self.database = database
        self.columns = columns
        self.words = words
    }

    package func worker(_ logger: Logger) -> Worker {
        Worker("search-words", intervalMilliseconds: WordBackfill.intervalMilliseconds) { stop in
            do throws(DatabaseError) {
                let done = try run(by: .after(milliseconds: WordBackfill.workMilliseconds), stop)
                guard done.count > 0 else { return }
                logger.info(
                    done.isComplete
                        ? "search words of all rows written" : "search words being written, newest rows first",
                    ["table": index.rows.description, "rows": done.count, "down_to_id": done.lastID])
            } catch {
                logger.warning(
                    "search words not written", ["table": index.rows.description, "cause": error.description])
            }
        }
    }

    /// Works through the rows without words, newest first, until there are none, the time is up or `stop` says so.
    package func run(
        by deadline: Deadline, _ stop: StopToken = .never
    ) throws(DatabaseError) -> (count: Int, lastID: Int64, isComplete: Bool) {
        var count = 0
        var lastID: Int64 = 0
        while !deadline.hasPassed, !stop.isStopRequested {
            let ids = try batch(by: .after(milliseconds: WordBackfill.batchMilliseconds))
            count += ids.count
            lastID = ids.last ?? lastID
            if ids.count < WordBackfill.batchSize {
                index.noteComplete()
                return (count, lastID, true)
            }
        }
        return (count, lastID, false)
    }

    /// - Returns: the ids of the rows, by descending id.
    private func batch(by deadline: Deadline) throws(DatabaseError) -> [Int64] {
        try database.transaction(by: deadline, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            // A row that a request is changing gets its words there, or in the next batch.
            let rows = try transaction.query(
                """
                SELECT id, \(literal: columns) FROM \(literal: index.rows) FORCE INDEX (ix_has_words)
                WHERE has_words = FALSE ORDER BY id DESC LIMIT \(WordBackfill.batchSize) FOR UPDATE SKIP LOCKED
                """
            ) { (row) throws(DatabaseError) in (id: try row.int64("id"), words: try words(row)) }
            guard !rows.isEmpty else { return [] }
            try index.insert(
                rows.flatMap { row in row.words.words.map { (word: $0, rowID: row.id) } }, in: transaction)
            try index.mark(rows.map(\.id), in: transaction)
            return rows.map(\.id)
        }
    }
}
