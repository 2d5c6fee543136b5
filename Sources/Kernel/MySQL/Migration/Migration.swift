private import Digests

/// One step of a schema's history: a name and one statement.
///
/// One statement, since the server commits by itself before and after each that alters tables: a step of two could stop
/// half-way. A file with two is refused by the server. For the same reason a process that dies between such a statement
/// and its record runs it again: write `CREATE TABLE IF NOT EXISTS`, and add one column or one index at a time, which the
/// migrator takes as added where it is there.
package struct Migration: Sendable {
    /// Such as `m0001_create_customers`. At most 120 characters of ASCII. The order of the list counts, not the names.
    package let name: String
    let sql: String
    /// SHA-256 over the statement's bytes. Once a migration is released, a change to it is an error.
    let checksum: [UInt8]

    /// - Parameter sql: the file's bytes, as SwiftPM embeds them in the binary; UTF-8.
    package init(name: String, sql: [UInt8]) {
        self.name = name
        self.sql = String(decoding: sql, as: UTF8.self)
        checksum = SHA256.digest(sql)
    }

    package init(name: String, sql: String) { self.init(name: name, sql: Array(sql.utf8)) }
}

/// What the migrator is at.
package enum MigrationStep: Sendable, Equatable {
    /// Another process may be migrating.
    case waitingForTurn
    /// The `number`th of `count` that are pending begins.
    case applying(String, number: Int, count: Int)
    case applied(String, milliseconds: Int)
}

/// Why a schema could not be brought up to date, or is not what this binary needs.
package enum MigrationError: Error, Sendable, Hashable {
    case database(DatabaseError)
    /// The migration was applied with another text than it has now.
    case checksumMismatch(String)
    /// The schema lacks migrations and has one that this binary does not know: both are not of one history.
    case unknownMigration(String)
    /// Another process was migrating until the deadline.
    case lockTimeout
    /// The server refused the migration's statement. Those before it are applied and recorded.
    case failed(name: String, message: String)
}

extension MigrationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .database(let error): "The schema could not be checked or migrated. \(error)"
        case .checksumMismatch(let name):
            "Migration \(name) was changed after it had been applied. Restore its text and add a new migration."
        case .unknownMigration(let name):
            "The schema has migration \(name), which this version does not know, and lacks some that it has: it is another program's."
        case .lockTimeout: "Another process is migrating this schema and did not finish in time."
        case .failed(let name, let message): "Migration \(name) failed: \(message)"
        }
    }
}
