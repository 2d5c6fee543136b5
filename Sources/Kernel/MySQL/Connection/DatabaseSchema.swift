package import Concurrency

extension Database {
    /// Creates the schema that `configuration.database` names, unless it is there. Ready for `Migrator`.
    ///
    /// Looks first, so that a user who may not create schemas can call it for one that is there.
    ///
    /// - Throws: `statement` with code 0 when the name has other characters than `A–Z a–z 0–9 _ $` or more than 64, with
    ///   code 1044 when the user may not create schemas; `unavailable` when it cannot connect.
    package static func createSchemaIfMissing(
        _ configuration: DatabaseConfiguration, by deadline: Deadline
    ) throws(DatabaseError) {
        guard let name = SQLIdentifier(configuration.database) else {
            throw .statement(code: 0, message: "The schema's name must be 1 to 64 of A-Z, a-z, 0-9, _ and $.")
        }
        guard !deadline.hasPassed else { throw .deadlineExceeded }
        let session = SessionSettings(configuration)
        do throws(StatementFailure) {
            let connection = try HostChoice(configuration).connect { (host) throws(StatementFailure) in
                try Connection(configuration, host: host, schema: nil, session: session, by: deadline)
            }
            let found = try connection.query(
                "SELECT schema_name FROM information_schema.schemata WHERE schema_name = \(name.name)")
            guard found.isEmpty else { return }
            _ = try connection.execute(
                "CREATE DATABASE IF NOT EXISTS \(name) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        } catch {
            throw error.error
        }
    }
}
