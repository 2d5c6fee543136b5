/// The table `schema_migrations`: what has been applied to a schema, by service.
struct MigrationHistory {
    let service: String

    private static let table = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            service VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
            name VARCHAR(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
            checksum BINARY(32) NOT NULL,
            applied_at DATETIME(6) NOT NULL,
            PRIMARY KEY (service, name)
        ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
        """

    func createTable(on connection: Connection) throws(StatementFailure) {
        try connection.createMissing(MigrationHistory.table, which: "SELECT service FROM schema_migrations LIMIT 1")
    }

    /// Those of `migrations` that are not applied yet, in their order.
    ///
    /// A schema that has all of them and others besides was migrated by a newer version, which works with the version before it: an
    /// instance of that one may start beside those of the new version, or in their stead.
    ///
    /// - Throws: `unknownMigration` for a schema that lacks some and has others: its history is another one.
    func pending(of migrations: [Migration], on connection: Connection) throws(MigrationError) -> [Migration] {
        var applied: [String: [UInt8]] = [:]
        do throws(StatementFailure) { applied = try checksums(on: connection) } catch {
            guard error.code == Connection.noSuchTable else { throw .database(error.error) }
        }
        var pending: [Migration] = []
        for migration in migrations {
            guard let checksum = applied.removeValue(forKey: migration.name) else {
                pending.append(migration)
                continue
            }
            guard checksum == migration.checksum else { throw .checksumMismatch(migration.name) }
        }
        if !pending.isEmpty, let unknown = applied.keys.min() { throw .unknownMigration(unknown) }
        return pending
    }

    func record(_ migration: Migration, on connection: Connection) throws(StatementFailure) {
        _ = try connection.execute(
            """
            INSERT INTO schema_migrations (service, name, checksum, applied_at)
            VALUES (\(service), \(migration.name), \(migration.checksum), UTC_TIMESTAMP(6))
            """)
    }

    private func checksums(on connection: Connection) throws(StatementFailure) -> [String: [UInt8]] {
        let rows = try connection.query("SELECT name, checksum FROM schema_migrations WHERE service = \(service)")
        var checksums: [String: [UInt8]] = [:]
        do throws(DatabaseError) {
            for row in rows { checksums[try row.string("name")] = try row.bytes("checksum") }
        } catch {
            throw StatementFailure(error, recovery: .none)
        }
        return checksums
    }
}
