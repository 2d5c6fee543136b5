// What every connection is told at its start, what it keeps, and how it is encrypted.
import BlockingTesting
import Concurrency
import DatabaseTesting
import MySQL
import Testing

@Suite(.blocking) struct SessionTests {
    @Test func `every session has the same time zone, strictness, isolation and limits`() throws {
        let schema = try TestDatabase.makeSchema()
        let database = Database(schema.configuration)
        let rows = try database.read(by: soon) { (session) throws(DatabaseError) in
            try session.query(
                """
                SHOW SESSION VARIABLES WHERE variable_name IN ('time_zone', 'sql_mode', 'tx_isolation',
                    'transaction_isolation', 'innodb_lock_wait_timeout', 'lock_wait_timeout', 'max_statement_time',
                    'max_execution_time', 'character_set_client', 'character_set_results', 'autocommit')
                """
            ) { (row) throws(DatabaseError) in (try row.string(0), try row.string(1)) }
        }
        let variables = Dictionary(uniqueKeysWithValues: rows)
        #expect(variables["time_zone"] == "+00:00")
        #expect(variables["sql_mode"]?.contains("STRICT_ALL_TABLES") == true)
        #expect(variables["tx_isolation"] ?? variables["transaction_isolation"] == "READ-COMMITTED")
        #expect(variables["innodb_lock_wait_timeout"] == "2")
        #expect(variables["lock_wait_timeout"] == "2")
        #expect(variables["character_set_client"] == "utf8mb4")
        #expect(variables["character_set_results"] == "utf8mb4")
        #expect(variables["autocommit"] == "ON")
        let limit = variables["max_statement_time"].flatMap { Double($0) }
        #expect(limit == 9 || variables["max_execution_time"] == "9000")
    }

    @Test func `a connection keeps as many prepared statements as allowed, and lets the oldest go`() throws {
        let schema = try TestDatabase.makeSchema()
        var configuration = schema.configuration
        configuration.statementsCachedMax = 2
        let database = Database(configuration)
        let closed = try database.read(by: soon) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            for _ in 0..<3 {
                _ = try session.query("SELECT 1")
                _ = try session.query("SELECT 2")
            }
            let before = try statements("Com_stmt_close", in: session)
            _ = try session.query("SELECT 2")
            _ = try session.query("SELECT 3")
            _ = try session.query("SELECT 2")
            return try statements("Com_stmt_close", in: session) - before
        }
        // Of those two, each SHOW and the SELECT 3 push one out, SELECT 2 none: it was used last.
        #expect(closed == 2)
    }

    @Test func `a server without service for more statements gets back what this connection keeps`() throws {
        let server = try DedicatedTestServer()
        let schema = try server.makeSchema()
        let database = Database(schema.configuration)
        _ = try database.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute("SET GLOBAL max_prepared_stmt_count = 4")
        }
        try database.read(by: soon) { (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            let queries: [SQL] = ["SELECT 1", "SELECT 2", "SELECT 3", "SELECT 4", "SELECT 5", "SELECT 6"]
            for query in queries + queries { #expect(try session.query(query).count == 1) }
        }
        _ = try database.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute("SET GLOBAL max_prepared_stmt_count = 0")
        }
        #expect {
            try database.read(by: soon) { (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try session.query("SELECT 7")
            }
        } throws: { if case .statement(1461, _) = $0 as? DatabaseError { true } else { false } }
    }

    @Test func `a server that must be encrypted and is not, or that nobody vouches for, is refused`() throws {
        let certificates = try TestCertificates(for: "DNS:localhost", "IP:127.0.0.1")
        let server = try DedicatedTestServer(options: certificates.serverOptions)
        let schema = try server.makeSchema()
        var configuration = schema.configuration
        configuration.requiresTLS = true
        #expect(try cipher(configuration).isEmpty == false)
        configuration.certificateAuthorityPath = certificates.authorityPath
        for host in ["127.0.0.1", "localhost"] {
            configuration.host = host
            #expect(try cipher(configuration).isEmpty == false)
        }
        configuration.certificateAuthorityPath = certificates.otherAuthorityPath
        #expect { try cipher(configuration) } throws: { isUntrusted($0) }

        for certificate in [certificates.expiredCertificatePath, certificates.selfSignedCertificatePath] {
            let server = try DedicatedTestServer(
                options: ["--ssl-cert=\(certificate)", "--ssl-key=\(certificates.keyPath)"])
            let schema = try server.makeSchema()
            configuration = schema.configuration
            configuration.host = "localhost"
            configuration.requiresTLS = true
            #expect(try cipher(configuration).isEmpty == false, "Nobody was asked to vouch for it.")
            configuration.certificateAuthorityPath = certificates.authorityPath
            #expect { try cipher(configuration) } throws: { isUntrusted($0) }
        }

        let plain = try DedicatedTestServer(options: ["--skip-ssl"])
        let plainSchema = try plain.makeSchema()
        configuration = plainSchema.configuration
        #expect(try cipher(configuration).isEmpty)
        configuration.requiresTLS = true
        #expect { try cipher(configuration) } throws: { isUntrusted($0) }
    }

    @Test func `a schema is created once, under a harmless name, by a user who may`() throws {
        let schema = try TestDatabase.makeSchema()
        try Database.createSchemaIfMissing(schema.configuration, by: soon)
        let collation = try Database(schema.configuration).read(by: soon) { (session) throws(DatabaseError) in
            try session.queryFirst("SELECT @@collation_database") { (row) throws(DatabaseError) in try row.string(0) }
        }
        #expect(collation == "utf8mb4_unicode_ci")

        for name in ["", "a`; DROP DATABASE mysql", "a-b", String(repeating: "x", count: 65)] {
            var configuration = schema.configuration
            configuration.database = name
            #expect {
                try Database.createSchemaIfMissing(configuration, by: soon)
            } throws: { if case .statement(0, _) = $0 as? DatabaseError { true } else { false } }
        }

        var limited = schema.configuration
        limited.username = schema.configuration.database
        limited.password = "limited-to-one"
        let user = try #require(SQLIdentifier(limited.username))
        let admin = Database(schema.configuration)
        _ = try admin.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute("CREATE USER \(user)@'%' IDENTIFIED BY 'limited-to-one'")
            try transaction.execute("GRANT SELECT ON \(user).* TO \(user)@'%'")
        }
        try Database.createSchemaIfMissing(limited, by: soon)
        limited.database += "_more"
        #expect {
            try Database.createSchemaIfMissing(limited, by: soon)
        } throws: { if case .statement(1044, _) = $0 as? DatabaseError { true } else { false } }
        _ = try admin.transaction(by: soon) { (transaction) throws(DatabaseError) in
            try transaction.execute("DROP USER \(user)@'%'")
        }
    }

    private func statements(
        _ name: String, in session: borrowing ReadSession<DatabaseError>
    ) throws(DatabaseError) -> Int {
        let rows = try session.query("SHOW SESSION STATUS WHERE variable_name = \(name)")
        return try rows[0].int(1)
    }

    private func cipher(_ configuration: DatabaseConfiguration) throws -> String {
        let database = Database(configuration)
        defer { database.close() }
        let cipher = try database.read(by: soon) { (session) throws(DatabaseError) in
            try session.queryFirst("SHOW SESSION STATUS LIKE 'Ssl_cipher'") { (row) throws(DatabaseError) in
                try row.string(1)
            }
        }
        return cipher ?? ""
    }

    private func isUntrusted(_ error: any Error) -> Bool {
        if case .untrustedServer = error as? DatabaseError { true } else { false }
    }

    private var soon: Deadline { .after(milliseconds: 30_000) }
}
