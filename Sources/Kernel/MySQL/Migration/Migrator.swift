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
    /// Only through the first of several hosts: the lock that processes wait for is one node's, also in a cluster. Where nothing
    /// is pending, any host will do to see that.
    ///
    /// A statement that is under way at the deadline is given up on this side a second later; the server may finish it.
    ///
    /// - Parameter observe: hears of each step when it begins or is done.
    /// - Returns: the names of those applied by this call, oldest first.
    package func migrate(
        by deadline: Deadline, observe: (MigrationStep) -> Void = { _ in }
    ) throws(MigrationError) -> [String] {
        if configuration.hosts.count > 1, try pending(by: deadline).isEmpty { return [] }
        observe(.waitingForTurn)
        let lock = try MigrationLock(of: history.service, on: connectToFirst(by: deadline))
        let work = try connectToFirst(by: deadline)
        do throws(StatementFailure) { try history.createTable(on: work) } catch {
            throw .database(error.error)
        }
        var applied: [String] = []
        let pending = try history.pending(of: migrations, on: work)
        for (index, migration) in pending.enumerated() {
            observe(.applying(migration.name, number: index + 1, count: pending.count))
            let start = Deadline.nowUptimeNanoseconds()
            guard try apply(migration, on: work, holding: lock, by: deadline) else { continue }
            applied.append(migration.name)
            let milliseconds = Int((Deadline.nowUptimeNanoseconds() - start) / 1_000_000)
            observe(.applied(migration.name, milliseconds: milliseconds))
        }
        do throws(StatementFailure) { try lock.release() } catch { throw .database(error.error) }
        return applied
    }

    /// The names of those not applied yet, oldest first. Changes nothing, not even an empty schema.
    ///
    /// - Throws: also `checksumMismatch` and `unknownMigration`, with which a service must not start.
    package func pending(by deadline: Deadline) throws(MigrationError) -> [String] {
        let connection: Connection
        do throws(StatementFailure) {
            connection = try HostChoice(configuration).connect { (host) throws(StatementFailure) in
                try connect(to: host, by: deadline)
            }
        } catch {
            throw .database(error.error)
        }
        return try history.pending(of: migrations, on: connection).map(\.name)
    }

    /// Applies it, again where the cluster has ended the transaction for another node's sake.
    ///
    /// - Returns: false where another process recorded it at the same time, as one behind another node of a cluster may.
    private func apply(
        _ migration: Migration, on connection: Connection, holding lock: MigrationLock, by deadline: Deadline
    ) throws(MigrationError) -> Bool {
        var attempt = 1
        while true {
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
                return true
            } catch {
                if try isRecorded(migration, on: connection, after: error) { return false }
                guard error.error == .conflict, attempt < TransactionRetry.attemptsMax else {
                    throw .failed(name: migration.name, message: error.error.description)
                }
                attempt += 1
            }
        }
    }

    /// Whether a migration that met `failure` has been recorded by somebody else: then what this process did of it is taken back.
    private func isRecorded(
        _ migration: Migration, on connection: Connection, after failure: StatementFailure
    ) throws(MigrationError) -> Bool {
        guard failure.error.isDuplicateKey || failure.error == .conflict else { return false }
        do throws(StatementFailure) { try connection.command("ROLLBACK") } catch { throw .database(error.error) }
        return try !history.pending(of: migrations, on: connection).contains { $0.name == migration.name }
    }

    /// A column or an index that is there already was added by a process that died before it could record it.
    private func run(_ migration: Migration, on connection: Connection) throws(StatementFailure) {
        do throws(StatementFailure) {
            try connection.command(migration.sql)
        } catch {
            guard Migrator.alreadyAdded.contains(error.code) else { throw error }
        }
    }

    private func connectToFirst(by deadline: Deadline) throws(MigrationError) -> Connection {
        do throws(StatementFailure) { return try connect(to: 0, by: deadline) } catch { throw .database(error.error) }
    }

    private func connect(to host: Int, by deadline: Deadline) throws(StatementFailure) -> Connection {
        guard !deadline.hasPassed else { throw StatementFailure(.deadlineExceeded, recovery: .rollBack) }
        let secondsLeft = max((deadline.remainingMilliseconds + 999) / 1000, 1)
        var configuration = configuration
        configuration.readTimeoutSeconds = secondsLeft + 1
        return try Connection(
            configuration, host: host, schema: configuration.database,
            session: SessionSettings(lockWaitTimeoutSeconds: secondsLeft), by: deadline)
    }
}
