/// The right to migrate a service's tables: a lock on its row in `schema_migration_lock`.
///
/// Held by a transaction on a connection of its own: `GET_LOCK` does not work on every cluster, and altering a table
/// would commit a transaction on the same connection. It ends with the connection, however the process ends.
struct MigrationLock {
    private let connection: Connection

    private static let table = """
        CREATE TABLE IF NOT EXISTS schema_migration_lock (
            service VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
            PRIMARY KEY (service)
        ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
        """

    /// Waits for the lock as long as the connection's session waits for row locks.
    init(of service: String, on connection: Connection) throws(MigrationError) {
        self.connection = connection
        do throws(StatementFailure) {
            try connection.command(MigrationLock.table)
            try MigrationLock.insertRow(of: service, on: connection)
            try connection.command("START TRANSACTION")
            _ = try connection.query(
                "SELECT service FROM schema_migration_lock WHERE service = \(service) FOR UPDATE")
        } catch {
            throw error.error == .lockWaitTimeout ? .lockTimeout : .database(error.error)
        }
    }

    /// Throws when the connection, and with it the lock, is lost.
    func confirm() throws(StatementFailure) { try connection.ping() }

    func release() throws(StatementFailure) { try connection.command("COMMIT") }

    /// Looks first, since inserting a row that another process has locked would wait for it.
    private static func insertRow(of service: String, on connection: Connection) throws(StatementFailure) {
        let rows = try connection.query("SELECT service FROM schema_migration_lock WHERE service = \(service)")
        guard rows.isEmpty else { return }
        do throws(StatementFailure) {
            _ = try connection.execute("INSERT INTO schema_migration_lock (service) VALUES (\(service))")
        } catch {
            guard error.error.isDuplicateKey else { throw error }
        }
    }
}
