package import MySQL

extension WordIndex {
    /// Candidates that are looked at first, where not all of them need be on the page. Mostly the page is full before.
    private static let candidatesMin = 500
    /// For the words of a search but one.
    private static let aliases: [StaticString] = ["also1", "also2", "also3", "also4", "also5", "also6", "also7"]

    /// Up to `limit` rows with an id below `beforeID` that have each word of `search`, by descending id.
    ///
    /// A word is looked up as the beginning of others where it may be and `entriesMax` entries at most begin with it, or
    /// else as a whole. The rows of the word with the fewest entries are gone through from the newest on, and looked up
    /// under the other words.
    ///
    /// - Parameters:
    ///   - columns: what to select of the rows.
    ///   - condition: what must hold of a row besides; its columns need no table name.
    /// - Throws: `.searchTooBroad` if a word is only the beginning of others, and of too many; also if the page is not
    ///   full after `entriesMax` rows of the rarest word. `.searchNotReady` while older rows have no words yet.
    package func page<Element, Failure: SearchFailure>(
        of search: SearchText, beforeID: Int64?, limit: Int, columns: StaticString, where condition: SQL?,
        in session: borrowing ReadSession<Failure>, _ decode: (Row) throws(DatabaseError) -> Element
    ) throws(Failure) -> [Element] {
        guard try isComplete(in: session) else { throw .searchNotReady }
        guard let terms = try terms(of: search, in: session), let rarest = terms.first else { return [] }
        let isAlone = terms.count == 1 && condition == nil
        for candidatesMax in (isAlone ? [limit] : []) + [WordIndex.candidatesMin, WordIndex.entriesMax] {
            var sql: SQL = "SELECT \(literal: columns) FROM "
            sql.append(candidates(rarest, beforeID, max: candidatesMax))
            for (term, alias) in zip(terms.dropFirst(), WordIndex.aliases) { sql.append(lookUp(term, alias)) }
            sql.append(" STRAIGHT_JOIN \(literal: rows) ON id = found.row_id")
            if let condition { sql.append(" WHERE \(condition)") }
            sql.append(" ORDER BY found.row_id DESC LIMIT \(limit)")
            let page = try session.query(sql, decode)
            if page.count == limit { return page }
            let left: SQL = "\(rarest.condition) AND row_id < \(beforeID ?? .max)"
            guard rarest.entries > candidatesMax, try hasMore(than: candidatesMax, left, in: session) else {
                return page
            }
        }
        throw .searchTooBroad
    }

    /// The words of the search as they are looked up, the one with the fewest entries first; nil if one has none.
    private func terms<Failure: SearchFailure>(
        of search: SearchText, in session: borrowing ReadSession<Failure>
    ) throws(Failure) -> [Term]? {
        var terms: [Term] = []
        for word in search.words {
            guard let term = try term(word, in: session) else { return nil }
            terms.append(term)
        }
        return terms.sorted { $0.entries < $1.entries }
    }

    private func term<Failure: SearchFailure>(
        _ word: SearchText.Word, in session: borrowing ReadSession<Failure>
    ) throws(Failure) -> Term? {
        if word.isBeginning {
            let beginning = Term.beginning(word.text)
            let entries = try entries(beginning, in: session)
            if entries == 0 { return nil }
            if entries <= WordIndex.entriesMax {
                return Term(isBeginning: true, condition: beginning, entries: entries)
            }
        }
        let whole = Term.whole(word.text)
        let entries = try entries(whole, in: session)
        if entries > 0 { return Term(isBeginning: false, condition: whole, entries: entries) }
        if word.isBeginning { throw .searchTooBroad }
        return nil
    }

    /// The newest rows of a word, each once.
    ///
    /// Without FORCE INDEX, MariaDB walks the word's entries from the newest down to the cursor.
    private func candidates(_ term: Term, _ beforeID: Int64?, max: Int) -> SQL {
        """
        (SELECT \(literal: term.isBeginning ? "DISTINCT " : "")row_id FROM \(literal: words) FORCE INDEX (PRIMARY)
        WHERE \(term.condition) AND row_id < \(beforeID ?? .max) ORDER BY row_id DESC LIMIT \(max)) AS found
        """
    }

    /// A table that has one row for each of `found` that has the word, and none for the others.
    private func lookUp(_ term: Term, _ alias: StaticString) -> SQL {
        let table: SQL =
            term.isBeginning
            ? "(SELECT DISTINCT row_id FROM \(literal: words) WHERE \(term.condition))" : "\(literal: words)"
        let join: SQL = " STRAIGHT_JOIN \(table) AS \(literal: alias) ON \(literal: alias).row_id = found.row_id"
        return term.isBeginning ? join : join + " AND \(literal: alias).\(term.condition)"
    }

    /// How many entries there are, counted up to one more than `entriesMax`.
    private func entries<Failure: SearchFailure>(
        _ condition: SQL, in session: borrowing ReadSession<Failure>
    ) throws(Failure) -> Int {
        guard try !hasMore(than: WordIndex.entriesMax, condition, in: session) else { return WordIndex.entriesMax + 1 }
        return try session.queryFirst("SELECT COUNT(*) FROM \(literal: words) WHERE \(condition)") {
            (row) throws(DatabaseError) in try row.int(0)
        } ?? 0
    }

    /// Whether there are more than `count` entries. Reads one more than that, without putting them anywhere.
    private func hasMore<Failure: SearchFailure>(
        than count: Int, _ condition: SQL, in session: borrowing ReadSession<Failure>
    ) throws(Failure) -> Bool {
        try !session.query(
            """
            SELECT row_id FROM \(literal: words) FORCE INDEX (PRIMARY) WHERE \(condition) LIMIT 1 OFFSET \(count)
            """
        ).isEmpty
    }
}

/// A word of a search as the index is read for it.
private struct Term {
    /// Whether the words that begin with it count, too: the entries then do not come by row.
    let isBeginning: Bool
    /// What holds of its entries.
    let condition: SQL
    /// How many entries it has, counted up to one more than `WordIndex.entriesMax`.
    let entries: Int

    static func whole(_ word: String) -> SQL { "word = \(word)" }

    /// A range instead of `LIKE`, which would compare letter by letter: with a combining mark, or ß, two letters are one.
    static func beginning(_ word: String) -> SQL { "word >= \(word) AND word < \(word + highest)" }

    /// Sorts behind all that may stand behind the beginning of a word.
    private static let highest = "\u{10FFFF}\u{10FFFF}"
}
