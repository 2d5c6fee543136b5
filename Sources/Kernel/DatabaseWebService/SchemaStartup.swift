private import Concurrency
package import MySQL
package import Telemetry
package import WebApplication

/// Brings the schema and the program together when a service starts, attempt by attempt; see `SchemaComponent`.
///
/// Until it has succeeded the service is live but not ready, and answers every operation 503.
package final class SchemaStartup: Sendable {
    /// Why the service must not go on.
    package enum Refusal: Error {
        /// The schema lacks migrations, and `SYNCHRONIZE` is not `TRUE`.
        case schemaIsOld(pending: [String])
        case migration(MigrationError)

        /// One sentence for the operator.
        package func message(command: String) -> String {
            switch self {
            case .schemaIsOld(let pending):
                "The schema is older than this program (missing: \(pending.joined(separator: ", "))). "
                    + "Run `\(command) migrate`, or set SYNCHRONIZE=TRUE."
            case .migration(let error): error.description
            }
        }
    }

    private enum State {
        /// Why the last attempt failed, if there was one.
        case pending(MigrationError?)
        case current
        case refused(Refusal)
    }

    /// 60 s for all migrations together; a single one that takes longer is run by hand before a release.
    private static let migrationMilliseconds = 60_000

    private let migrator: Migrator
    private let database: Database
    private let migrates: Bool
    private let logger: Logger
    private let screen: ProgressScreen?
    private let state = Lock(State.pending(nil))

    /// - Parameter screen: the terminal that shows what migrations that take long are doing; nil for the log.
    package init(
        _ migrator: Migrator, _ database: Database, migrates: Bool, logger: Logger, screen: ProgressScreen? = nil
    ) {
        self.migrator = migrator
        self.database = database
        self.migrates = migrates
        self.logger = logger
        self.screen = screen
    }

    /// Why the service has to stop, if it has to.
    package var refusal: Refusal? {
        state.withLock { if case .refused(let refusal) = $0 { refusal } else { nil } }
    }

    /// Why the last attempt settled nothing, if it did not.
    package var passingFailure: MigrationError? {
        state.withLock { if case .pending(let failure) = $0 { failure } else { nil } }
    }

    /// Whether the schema is what the program needs.
    package var isCurrent: Bool {
        state.withLock { if case .current = $0 { true } else { false } }
    }

    /// Lets an operation begin.
    ///
    /// - Throws: a problem of status 503 while the schema is not there.
    package func admit() throws(Problem) {
        guard isCurrent else { throw .databaseUnavailable(DatabaseError.unavailable("The schema is not ready yet.")) }
    }

    /// One attempt.
    ///
    /// - Returns: whether it is settled, one way or the other; false if the database could not be reached.
    package func runOnce() -> Bool {
        let deadline = Deadline.after(milliseconds: SchemaStartup.migrationMilliseconds)
        do throws(MigrationError) {
            if migrates {
                try createSchema(by: deadline)
                try migrate(by: deadline)
                state.withLock { $0 = .current }
            } else {
                let pending = try migrator.pending(by: deadline)
                state.withLock { $0 = pending.isEmpty ? .current : .refused(.schemaIsOld(pending: pending)) }
            }
            warnOfWeakDurability(by: deadline)
            return true
        } catch {
            if error.isPassing {
                logger.warning("database not available", ["cause": error.description])
                state.withLock { $0 = .pending(error) }
                return false
            }
            state.withLock { $0 = .refused(.migration(error)) }
            return true
        }
    }

    private func migrate(by deadline: Deadline) throws(MigrationError) {
        try Progress.of("looking for migrations", on: screen, logger) { (progress) throws(MigrationError) in
            _ = try migrator.migrate(by: deadline) { step in
                switch step {
                case .waitingForTurn: progress.begin("waiting for another process that migrates")
                case .applying(let name, let number, let count):
                    progress.begin("migration \(name), \(number) of \(count)")
                case .applied(let name, let milliseconds):
                    logger.info("migrated", ["migration": name, "duration_ms": milliseconds])
                }
            }
        }
    }

    /// "One key is one order" holds for commits that the database keeps.
    private func warnOfWeakDurability(by deadline: Deadline) {
        do {
            for weakness in try Durability.weaknesses(of: database, by: deadline) {
                logger.warning("the database may lose acknowledged changes on a power failure", ["cause": weakness])
            }
        } catch {
            logger.warning("the database does not tell how durable it is", ["cause": error.description])
        }
    }

    /// The schema may exist already, and the user may then lack the right to create one: only the migration can tell.
    private func createSchema(by deadline: Deadline) throws(MigrationError) {
        do {
            try Database.createSchemaIfMissing(database.configuration, by: deadline)
        } catch .statement(let code, let message) {
            logger.debug("schema not created", ["code": code, "cause": message])
        } catch {
            throw .database(error)
        }
    }
}

extension MigrationError {
    /// Whether trying again later may help, with nobody doing anything about it.
    fileprivate var isPassing: Bool {
        switch self {
        case .database(.unavailable), .database(.poolExhausted), .database(.deadlineExceeded), .database(.conflict),
            .database(.lockWaitTimeout), .lockTimeout:
            true
        case .database, .checksumMismatch, .unknownMigration, .failed: false
        }
    }
}
