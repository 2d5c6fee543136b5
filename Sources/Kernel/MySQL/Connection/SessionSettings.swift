/// What every session is told right after it was opened, so that all servers behave alike.
struct SessionSettings {
    /// How long a statement waits for row locks, and for a table that is being altered.
    let lockWaitTimeoutSeconds: Int
    /// How long a statement may run in the server; nil for no limit. MySQL heeds it for SELECT only.
    let statementTimeoutSeconds: Int?
    /// As `DatabaseConfiguration.sessionIdleTimeoutSeconds`.
    let idleTimeoutSeconds: Int?

    /// For requests. The server gives up a second before this side stops listening, so that no statement runs on for
    /// nobody.
    init(_ configuration: DatabaseConfiguration) {
        lockWaitTimeoutSeconds = configuration.lockWaitTimeoutSeconds
        statementTimeoutSeconds = max(configuration.readTimeoutSeconds - 1, 1)
        idleTimeoutSeconds = configuration.sessionIdleTimeoutSeconds
    }

    /// For migrations, which may take long and wait long.
    init(lockWaitTimeoutSeconds: Int) {
        self.lockWaitTimeoutSeconds = lockWaitTimeoutSeconds
        statementTimeoutSeconds = nil
        idleTimeoutSeconds = nil
    }

    /// For a node of a Galera cluster: each transaction, and each statement by itself, first has all that the cluster had committed
    /// before. Otherwise what one node has acknowledged may not be there for another yet, and an order's product be unknown.
    static let clusterStatement = "SET SESSION wsrep_sync_wait = 7"

    /// READ COMMITTED, because gap locks of the default level make inserts wait for each other.
    ///
    /// The level has a statement of its own: the variable's name differs between MySQL and MariaDB. So does that of the
    /// statement's time limit, hence the comments, which one of the two servers executes: `M!` is MariaDB's, and
    /// MariaDB skips versions from 50700 to 99999.
    var statements: [String] {
        let modes =
            "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION"
            + ",ONLY_FULL_GROUP_BY"
        let statementLimit =
            statementTimeoutSeconds.map {
                "/*M! , SESSION max_statement_time = \($0) */ /*!50708 , SESSION max_execution_time = \($0 * 1000) */"
            } ?? ""
        let idleLimit = idleTimeoutSeconds.map { ", SESSION wait_timeout = \($0)" } ?? ""
        let lockSeconds = max(lockWaitTimeoutSeconds, 1)
        return [
            "SET SESSION sql_mode = '\(modes)', SESSION time_zone = '+00:00'"
                + ", SESSION innodb_lock_wait_timeout = \(lockSeconds), SESSION lock_wait_timeout = \(lockSeconds)"
                + ", SESSION autocommit = 1\(idleLimit) \(statementLimit)",
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        ]
    }
}
