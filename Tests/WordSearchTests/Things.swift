import Concurrency
import DatabaseTesting
import DatabaseWebService
import MySQL
import ServiceTesting

@testable import WordSearch

/// A table with names and an index of their words.
final class Things: Sendable {
    let database: Database
    let index = WordIndex(of: "things", in: "thing_words")
    private let schema: TestSchema

    init() throws {
        schema = try TestDatabase.makeSchema()
        database = Database(schema.configuration)
        try database.change(
            """
            CREATE TABLE things (
                id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(120) NOT NULL,
                is_active BOOLEAN NOT NULL DEFAULT TRUE, has_words BOOLEAN NOT NULL DEFAULT FALSE,
                KEY ix_has_words (has_words, id)
            ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
            """)
        try database.change(
            """
            CREATE TABLE thing_words (word VARCHAR(64) NOT NULL, row_id BIGINT UNSIGNED NOT NULL,
                PRIMARY KEY (word, row_id)
            ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
            """)
    }

    deinit { database.close() }

    var backfill: WordBackfill {
        WordBackfill(index, database, columns: "name") { (row) throws(DatabaseError) in
            SearchWords(texts: [try row.string("name")], codes: [])
        }
    }

    /// Things with these names, by ascending id; found at once.
    @discardableResult
    func add(_ names: String...) throws -> [Int64] {
        try names.map { name in
            try database.transaction(by: soon) {
                (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                let id = try transaction.execute(
                    "INSERT INTO things (name, has_words) VALUES (\(name), TRUE)"
                ).lastInsertID
                try index.insert(SearchWords(texts: [name], codes: []), rowID: id, in: transaction)
                return id
            }
        }
    }

    func rename(_ id: Int64, from old: String, to new: String) throws {
        try database.transaction(by: soon) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            _ = try transaction.execute("UPDATE things SET name = \(new) WHERE id = \(id)")
            try index.replace(
                SearchWords(texts: [old], codes: []), with: SearchWords(texts: [new], codes: []), rowID: id,
                in: transaction)
        }
    }

    func find(
        _ text: String, isActive: Bool? = nil, beforeID: Int64? = nil, limit: Int = 20
    ) throws -> [Int64] {
        try cost(text, isActive: isActive, beforeID: beforeID, limit: limit).ids
    }

    /// What a search finds, and how many rows and index entries are read for it.
    func cost(
        _ text: String, isActive: Bool? = nil, beforeID: Int64? = nil, limit: Int = 20
    ) throws -> (ids: [Int64], rowsRead: Int64) {
        let search = try SearchText(text)
        return try database.read(by: soon) { (session: borrowing ReadSession<ThingError>) throws(ThingError) in
            var ids: [Int64] = []
            let rowsRead = try session.rowsRead { (session) throws(ThingError) in
                ids = try index.page(
                    of: search, beforeID: beforeID, limit: limit, columns: "id",
                    where: isActive.map { "is_active = \($0)" }, in: session
                ) { (row) throws(DatabaseError) in try row.int64("id") }
            }
            return (ids, rowsRead)
        }
    }

    private var soon: Deadline { .after(milliseconds: 30_000) }
}

enum ThingError: SearchFailure, Equatable {
    case searchTooBroad, searchNotReady
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}
