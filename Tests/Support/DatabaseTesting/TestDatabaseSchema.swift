private import Concurrency
package import MySQL
private import Synchronization

/// A schema that one test has for itself.
package final class TestSchema: Sendable {
    /// Where it is, with the limits that a service has by default.
    package let configuration: DatabaseConfiguration
    private let name: SQLIdentifier
    private let isDropped = Atomic(false)

    /// How long the server may take to create or drop a schema on a busy machine.
    private static let patienceMilliseconds = 20_000

    /// Creates it on the server that `server` names.
    package init(on server: DatabaseConfiguration) throws {
        let random = UInt64.random(in: .min ... .max)
        guard let name = SQLIdentifier("test_" + String(random, radix: 36)) else {
            throw TestDatabaseError("No schema name.")
        }
        self.name = name
        var configuration = server
        configuration.database = name.name
        self.configuration = configuration
        try Database.createSchemaIfMissing(
            configuration, by: .after(milliseconds: TestSchema.patienceMilliseconds))
    }

    deinit {
        // Too late to tell anyone. On the tests' own server the schema goes with the server.
        try? drop()
    }

    /// Drops it with all its tables. Does nothing the second time.
    package func drop() throws {
        guard !isDropped.exchange(true, ordering: .relaxed) else { return }
        let database = Database(configuration)
        defer { database.close() }
        try database.transaction(by: .after(milliseconds: TestSchema.patienceMilliseconds)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            _ = try transaction.execute("DROP DATABASE IF EXISTS \(name)")
        }
    }
}
