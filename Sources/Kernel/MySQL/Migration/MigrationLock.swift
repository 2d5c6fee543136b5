/// The right to migrate a service's tables: a lock on its row in `schema_migration_lock`.
///
/// Held by a transaction on a connection of its own: `GET_LOCK` does not work on every cluster, and altering a table
/// would commit a transaction on the same connection. It ends with the connection, however the process ends. A row lock is
/// one node's in a Galera cluster, so all processes must ask the same node.
struct MigrationLock {
    private let service: String
    private let connection: Connection

    private static let table = """
        CREATE TABLE IF NOT EXISTS schema_migration_lock (
            service VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
            PRIMARY KEY (service)
        ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
        """

    /// Waits for the lock as long as the connection's session waits for row locks.
    init(of service: String, on connection: Connection) throws(MigrationError) {
        self.service = service
        self.connection = connection
        do throws(StatementFailure) {
            try MigrationLock.insertRow(of: service, on: connection)
            try connection.command("START TRANSACTION")
            try confirm()
        } catch {
            throw error.error == .lockWaitTimeout ? .lockTimeout : .database(error.error)
        }
    }

    /// Throws when the connection, or its transaction, and with it the lock, is lost: in a cluster whoever alters a table ends the
    /// transactions of others on it.
    func confirm() throws(StatementFailure) {
        _ = try connection.query("SELECT service FROM schema_migration_lock WHERE service = \(service) FOR UPDATE")
    }

    func release() throws(StatementFailure) { try connection.command("COMMIT") }

    /// Looks first, since inserting a row that another process has locked would wait for it.
    private static func insertRow(of service: String, on connection: Connection) throws(StatementFailure) {
        try connection.createMissing(table, which: "SELECT service FROM schema_migration_lock LIMIT 1")
        let rows = try connection.query("SELECT service FROM schema_migration_lock WHERE service = \(service)")
        guard rows.isEmpty else { return }
        do throws(StatementFailure) {
            _ = try connection.execute("INSERT INTO schema_migration_lock (service) VALUES (\(service))")
        } catch {
            guard error.error.isDuplicateKey else { throw error }
        }
    }
}

extension Connection {
    /// The server's number for a table that is not there.
    static let noSuchTable = 1146

    /// Creates a table unless it is there. Looks first: in a cluster a statement that creates one ends the transactions on it,
    /// whether or not it is there.
    ///
    /// - Parameter question: reads from the table.
    func createMissing(_ table: String, which question: SQL) throws(StatementFailure) {
        do throws(StatementFailure) { _ = try query(question) } catch {
            guard error.code == Connection.noSuchTable else { throw error }
            try command(table)
        }
    }
}
