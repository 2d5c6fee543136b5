private import Concurrency
package import DatabaseTesting
package import MySQL

extension TestSchema {
    /// The environment of a service on this schema: it migrates at start, and logs only what went wrong.
    package var environment: [String: String] {
        [
            "DB_HOST": configuration.host, "DB_PORT": String(configuration.port),
            "DB_USERNAME": configuration.username, "DB_PASSWORD": configuration.password,
            "DB_NAME": configuration.database, "SYNCHRONIZE": "TRUE", "LOG_LEVEL": "error", "PORT": "0",
            "AUDIT_LOG": "off", "SERVICE_TOKEN": TestTokens.service,
        ]
    }
}

/// The tokens of test services.
package enum TestTokens {
    package static let service = "service-token-of-the-tests"
    package static let api = "api-token-of-the-tests"
}

extension Database {
    /// Changes rows behind the service's back.
    @discardableResult
    package func change(_ sql: SQL) throws(DatabaseError) -> Int {
        try transaction(by: .after(milliseconds: 20_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            try transaction.execute(sql).affectedRows
        }
    }

    /// The integer in the first column of the first row.
    package func number(_ sql: SQL) throws(DatabaseError) -> Int64? {
        try read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.queryFirst(sql) { (row) throws(DatabaseError) in try row.int64(0) }
        }
    }

    /// How many transactions wait for another one's lock in this schema.
    package func lockWaits() throws(DatabaseError) -> Int64 {
        try number(
            mariaDB: """
                SELECT COUNT(*) FROM information_schema.innodb_trx AS waiting
                JOIN information_schema.processlist AS process ON process.id = waiting.trx_mysql_thread_id
                WHERE waiting.trx_state = 'LOCK WAIT' AND process.db = \(configuration.database)
                """,
            mySQL: """
                SELECT COUNT(DISTINCT waits.requesting_thread_id) FROM performance_schema.data_lock_waits AS waits
                JOIN performance_schema.threads AS waiting ON waiting.thread_id = waits.requesting_thread_id
                WHERE waiting.processlist_db = \(configuration.database)
                """)
    }

    /// How many statements of this schema run or wait for a lock, besides this one.
    package func runningStatements() throws(DatabaseError) -> Int64 {
        try number(
            mariaDB: """
                SELECT COUNT(*) FROM information_schema.processlist
                WHERE db = \(configuration.database) AND command <> 'Sleep' AND id <> CONNECTION_ID()
                """,
            mySQL: """
                SELECT COUNT(*) FROM performance_schema.threads
                WHERE processlist_db = \(configuration.database) AND processlist_command <> 'Sleep'
                AND processlist_id <> CONNECTION_ID()
                """)
    }

    /// MySQL refuses MariaDB's form while a statement that is no text, as one with a key in it, runs anywhere.
    private func number(mariaDB: SQL, mySQL: SQL) throws(DatabaseError) -> Int64 {
        let isMariaDB = try number("SELECT VERSION() LIKE '%MariaDB%'") == 1
        return try number(isMariaDB ? mariaDB : mySQL) ?? 0
    }
}
