// A schema's history is applied once, in order, by one process at a time, and never changed behind anyone's back.
import BlockingTesting
import Concurrency
import DatabaseTesting
import MySQL
import Testing

@Suite(.blocking) struct MigratorTests {
    private let schema: TestSchema
    private let database: Database
    private let history = [
        Migration(name: "m0001_create_customers", sql: "CREATE TABLE customers (id BIGINT PRIMARY KEY);\n"),
        Migration(name: "m0002_add_name", sql: "-- A name.\nALTER TABLE customers ADD COLUMN name VARCHAR(9);"),
        Migration(name: "m0003_first_customer", sql: "INSERT INTO customers VALUES (1, 'Ada')"),
    ]

    init() throws {
        schema = try TestDatabase.makeSchema()
        database = Database(schema.configuration)
    }

    @Test func `what is pending is applied in order, and a second time nothing`() throws {
        let migrator = migrator("customers", history)
        #expect(try migrator.pending(by: soon) == history.map(\.name))
        #expect(try tables() == [])
        #expect(try migrator.migrate(by: soon) == history.map(\.name))
        #expect(try migrator.pending(by: soon) == [])
        #expect(try migrator.migrate(by: soon) == [])
        #expect(try names() == ["Ada"])
        #expect(try tables() == ["customers", "schema_migration_lock", "schema_migrations"])
    }

    @Test func `later migrations continue where earlier ones ended`() throws {
        #expect(try migrator("customers", Array(history.prefix(1))).migrate(by: soon) == ["m0001_create_customers"])
        #expect(try migrator("customers", history).pending(by: soon) == ["m0002_add_name", "m0003_first_customer"])
        #expect(try migrator("customers", history).migrate(by: soon) == ["m0002_add_name", "m0003_first_customer"])
    }

    @Test func `two services share a schema`() throws {
        let orders = [Migration(name: "m0001_create_customers", sql: "CREATE TABLE orders (id BIGINT PRIMARY KEY)")]
        #expect(try migrator("customers", history).migrate(by: soon).count == 3)
        #expect(try migrator("orders", orders).pending(by: soon).count == 1)
        #expect(try migrator("orders", orders).migrate(by: soon).count == 1)
        #expect(try migrator("customers", history).migrate(by: soon) == [])
    }

    @Test func `a version works with the schema of a newer one, and migrates nothing`() throws {
        _ = try migrator("customers", history).migrate(by: soon)
        let older = Array(history.prefix(2))
        #expect(try migrator("customers", older).pending(by: soon) == [])
        #expect(try migrator("customers", older).migrate(by: soon) == [])
    }

    @Test func `a changed text and another history are errors`() throws {
        _ = try migrator("customers", history).migrate(by: soon)
        var changed = history
        changed[1] = Migration(name: "m0002_add_name", sql: "ALTER TABLE customers ADD COLUMN name VARCHAR(10)")
        let other = [history[0], history[1], Migration(name: "m0003_other", sql: "DO 1")]
        #expect(throws: MigrationError.checksumMismatch("m0002_add_name")) {
            try migrator("customers", changed).migrate(by: soon)
        }
        #expect(throws: MigrationError.checksumMismatch("m0002_add_name")) {
            try migrator("customers", changed).pending(by: soon)
        }
        #expect(throws: MigrationError.unknownMigration("m0003_first_customer")) {
            try migrator("customers", other).migrate(by: soon)
        }
        #expect(throws: MigrationError.unknownMigration("m0003_first_customer")) {
            try migrator("customers", other).pending(by: soon)
        }
    }

    @Test func `a migration that fails names itself, and those before it stay applied`() throws {
        var broken = history
        broken[2] = Migration(name: "m0003_broken", sql: "INSERT INTO customers VALUES (1, 'A'); DROP TABLE customers")
        #expect {
            try migrator("customers", broken).migrate(by: soon)
        } throws: { error in
            guard case .failed("m0003_broken", let message) = error as? MigrationError else { return false }
            return message.contains("1064")
        }
        #expect(try names() == [])
        #expect(try migrator("customers", history).migrate(by: soon) == ["m0003_first_customer"])
    }

    @Test func `a column or an index whose migration died before it was recorded is taken as added`() throws {
        let added =
            history + [
                Migration(name: "m0004_index_name", sql: "ALTER TABLE customers ADD KEY ix_customers_name (name)")
            ]
        #expect(try migrator("customers", added).migrate(by: soon).count == 4)
        try database.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute("DELETE FROM schema_migrations WHERE name <> 'm0001_create_customers'")
            try transaction.execute("DELETE FROM customers")
        }
        #expect(try migrator("customers", added).migrate(by: soon) == added.dropFirst().map(\.name))
        #expect(try migrator("customers", added).pending(by: soon) == [])
    }

    @Test func `of many processes at once each migration is applied by one`() throws {
        let applied = Lock<[String]>([])
        inParallel(
            (0..<6).map { _ in
                {
                    do throws(MigrationError) {
                        let names = try migrator("customers", history).migrate(by: soon)
                        applied.withLock { $0 += names }
                    } catch {
                        Issue.record(error)
                    }
                }
            })
        #expect(applied.withLock { $0 } == history.map(\.name))
        #expect(try names() == ["Ada"])
    }

    @Test func `each step is told when it begins, and how long a migration took`() throws {
        _ = try migrator("customers", Array(history.prefix(1))).migrate(by: soon)
        var steps: [MigrationStep] = []
        _ = try migrator("customers", history).migrate(by: soon) { steps.append($0) }
        #expect(steps.count == 5 && steps.first == .waitingForTurn)
        #expect(steps[1] == .applying("m0002_add_name", number: 1, count: 2))
        guard case .applied("m0002_add_name", let milliseconds) = steps[2] else { throw DatabaseError.deadlineExceeded }
        #expect(milliseconds >= 0 && milliseconds < 60_000)
        #expect(steps[3] == .applying("m0003_first_customer", number: 2, count: 2))
    }

    @Test func `the wait for another process ends with the deadline`() throws {
        _ = try migrator("customers", history).migrate(by: soon)
        let held = Turnstile()
        let release = Turnstile()
        let holder = Thread.start {
            try? database.transaction(by: soon) { (transaction) throws(DatabaseError) in
                _ = try transaction.query(
                    "SELECT service FROM schema_migration_lock WHERE service = 'customers' FOR UPDATE")
                held.open()
                release.pass()
            }
        }
        held.pass()
        #expect(throws: MigrationError.lockTimeout) {
            try migrator("customers", history).migrate(by: .after(milliseconds: 500))
        }
        // Another service's lock is another row.
        #expect(try migrator("orders", []).migrate(by: soon) == [])
        release.open()
        try #require(holder).join()
        #expect(try migrator("customers", history).migrate(by: soon) == [])
    }

    private func migrator(_ service: String, _ migrations: [Migration]) -> Migrator {
        Migrator(database: database, service: service, migrations: migrations)
    }

    private func names() throws -> [String] {
        try database.read(by: soon) { (session) throws(DatabaseError) in
            try session.query("SELECT name FROM customers") { (row) throws(DatabaseError) in try row.string("name") }
        }
    }

    private func tables() throws -> [String] {
        try database.read(by: soon) { (session) throws(DatabaseError) in
            try session.query(
                "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()"
            ) { (row) throws(DatabaseError) in try row.string("name") }
        }.sorted()
    }

    private var soon: Deadline { .after(milliseconds: 60_000) }
}
