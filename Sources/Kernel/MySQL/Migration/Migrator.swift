package import Concurrency

/// Brings a schema up to date, and tells whether it is.
///
/// What has been applied stands in the table `schema_migrations`, by service, so that services can share a schema.
package struct Migrator: Sendable {
    /// The server's numbers for a column and for an index of a name that the table has.
    private static let alreadyAdded: Set = [1060, 1061]

    private let configuration: DatabaseConfiguration
    private let history: MigrationHistory
    private let migrations: [Migration]

    /// - Parameters:
    ///   - database: tells where the schema is; its pool is not used.
    ///   - service: whose migrations these are; at most 64 characters of ASCII.
    ///   - migrations: the whole history, oldest first.
    package init(database: Database, service: String, migrations: [Migration]) {
        configuration = database.configuration
        history = MigrationHistory(service: service)
        self.migrations = migrations
    }

    /// Applies what is pending, in order. Waits its turn while another process is at it, until the deadline.
    ///
    /// A statement that is under way at the deadline is given up on this side a second later; the server may finish it.
    ///
    /// - Returns: the names of those applied by this call, oldest first.
    package func migrate(by deadline: Deadline) throws(MigrationError) -> [String] {
        let lock = try MigrationLock(of: history.service, on: connect(by: deadline))
        let work = try connect(by: deadline)
        do throws(StatementFailure) { try work.command(MigrationHistory.table) } catch {
            throw .database(error.error)
        }
        var applied: [String] = []
        for migration in try history.pending(of: migrations, on: work) {
            try apply(migration, on: work, holding: lock, by: deadline)
            applied.append(migration.name)
        }
        do throws(StatementFailure) { try lock.release() } catch { throw .database(error.error) }
        return applied
    }

    /// The names of those not applied yet, oldest first. Changes nothing, not even an empty schema.
    ///
    /// - Throws: also `checksumMismatch` and `unknownMigration`, with which a service must not start.
    package func pending(by deadline: Deadline) throws(MigrationError) -> [String] {
        try history.pending(of: migrations, on: connect(by: deadline)).map(\.name)
    }

    private func apply(
        _ migration: Migration, on connection: Connection, holding lock: MigrationLock, by deadline: Deadline
    ) throws(MigrationError) {
        guard !deadline.hasPassed else { throw .database(.deadlineExceeded) }
        do throws(StatementFailure) {
            try lock.confirm()
            // A statement on rows commits with its record. One on tables commits by itself, and its record after it.
            try connection.command("START TRANSACTION")
        } catch {
            throw .database(error.error)
        }
        do throws(StatementFailure) {
            try run(migration, on: connection)
            try history.record(migration, on: connection)
            try connection.command("COMMIT")
        } catch {
            throw .failed(name: migration.name, message: error.error.description)
        }
    }

    /// A column or an index that is there already was added by a process that died before it could record it.
    private func run(_ migration: Migration, on connection: Connection) throws(StatementFailure) {
        do throws(StatementFailure) {
            try connection.command(migration.sql)
        } catch {
            guard Migrator.alreadyAdded.contains(error.code) else { throw error }
        }
    }

    private func connect(by deadline: Deadline) throws(MigrationError) -> Connection {
        guard !deadline.hasPassed else { throw .database(.deadlineExceeded) }
        let secondsLeft = max((deadline.remainingMilliseconds + 999) / 1000, 1)
        var configuration = configuration
        configuration.readTimeoutSeconds = secondsLeft + 1
        do throws(StatementFailure) {
            return try Connection(
                configuration, schema: configuration.database,
                session: SessionSettings(lockWaitTimeoutSeconds: secondsLeft), by: deadline)
        } catch {
            throw .database(error.error)
        }
    }
}
