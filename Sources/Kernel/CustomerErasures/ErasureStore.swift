internal import DatabaseWebService
package import MySQL
internal import Telemetry

/// What a service still has to erase, and what it has erased, in its own schema. Two services in one schema share the table; the consumer
/// tells them apart.
package struct ErasureStore: Sendable {
    /// 2: what was on its way with a customer's data when they were erased has come by the second.
    static let passCount = 2
    /// 16 customers at once: they share the walk over the keys' replies.
    private static let claimMax = 16
    /// 10 minutes: by so much clocks of database nodes may differ (`docs/guarantees.md`), so far back the list is read again.
    private static let clockSkewSeconds = 600

    /// A customer to be erased, claimed for a while.
    struct Claim: Sendable {
        let customerID: Int64
        let erasedAt: Timestamp
    }

    /// The table, for the migrations of every service that erases; with no number, since each has its own order.
    package static let migration = Migration(
        name: "create_customer_erasures",
        sql: """
            CREATE TABLE IF NOT EXISTS customer_erasures (
                consumer VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
                customer_id BIGINT UNSIGNED NOT NULL,
                erased_at DATETIME(6) NOT NULL,
                passes TINYINT UNSIGNED NOT NULL DEFAULT 0,
                run_at DATETIME(6) NULL,
                PRIMARY KEY (consumer, customer_id),
                KEY ix_customer_erasures_erased_at (consumer, erased_at),
                KEY ix_customer_erasures_run_at (consumer, run_at)
            ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
            """)

    private let consumer: String

    /// - Parameter consumer: the service, in up to 32 ASCII characters.
    package init(consumer: String) { self.consumer = consumer }

    /// From when on the list is to be read; nil for all of it.
    func start(in session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) -> Timestamp? {
        let latest = try session.query(
            "SELECT erased_at FROM customer_erasures WHERE consumer = \(consumer) ORDER BY erased_at DESC LIMIT 1"
        ) { (row) throws(DatabaseError) in try row.timestamp("erased_at") }
        return latest.first?.adding(seconds: -ErasureStore.clockSkewSeconds)
    }

    /// Takes note of customers, some at least. One that is known, and was erased anew, is due anew: the Customers API was put back meanwhile.
    func note(
        _ notices: [ErasureNotice], in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) {
        var sql: SQL = "INSERT INTO customer_erasures (consumer, customer_id, erased_at, run_at) VALUES"
        for (index, notice) in notices.paddedToPowerOfTwo.enumerated() {
            if index > 0 { sql.append(",") }
            sql.append(
                " (\(consumer), \(notice.customerID), \(notice.erasedAt.databaseText), UTC_TIMESTAMP(6))")
        }
        // In this order: each is decided by the time that was there.
        sql.append(
            """
             ON DUPLICATE KEY UPDATE passes = IF(VALUES(erased_at) > erased_at, 0, passes),
                run_at = IF(VALUES(erased_at) > erased_at, UTC_TIMESTAMP(6), run_at),
                erased_at = GREATEST(erased_at, VALUES(erased_at))
            """)
        try transaction.execute(sql)
    }

    /// Claims some that are due: nobody else takes them for `leaseSeconds`.
    func claim(
        leaseSeconds: Int, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> [Claim] {
        let claims = try transaction.query(
            """
            SELECT customer_id, erased_at FROM customer_erasures FORCE INDEX (ix_customer_erasures_run_at)
            WHERE consumer = \(consumer) AND run_at <= UTC_TIMESTAMP(6)
            ORDER BY run_at LIMIT \(ErasureStore.claimMax) FOR UPDATE SKIP LOCKED
            """
        ) { (row) throws(DatabaseError) in
            Claim(customerID: try row.int64("customer_id"), erasedAt: try row.timestamp("erased_at"))
        }
        try postpone(claims, seconds: leaseSeconds, in: transaction)
        return claims
    }

    /// Has claimed ones done again later, or by somebody else at once.
    func postpone(
        _ claims: [Claim], seconds: Int, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) {
        guard !claims.isEmpty else { return }
        try transaction.execute(
            """
            UPDATE customer_erasures SET run_at = UTC_TIMESTAMP(6) + INTERVAL \(seconds) SECOND
            WHERE consumer = \(consumer) AND customer_id IN \(list: claims.map(\.customerID)) AND run_at IS NOT NULL
            """)
    }

    /// Notes that a pass is done; after the last one nothing is left to do.
    func finish(
        _ claims: [Claim], againAfterSeconds seconds: Int, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) {
        for claim in claims {
            try transaction.execute(
                """
                UPDATE customer_erasures SET passes = passes + 1,
                    run_at = IF(passes < \(ErasureStore.passCount), UTC_TIMESTAMP(6) + INTERVAL \(seconds) SECOND, NULL)
                WHERE consumer = \(consumer) AND customer_id = \(claim.customerID)
                    AND erased_at = \(claim.erasedAt.databaseText)
                """)
        }
    }

    /// How many have passes left to be done.
    func pendingCount(in session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) -> Int {
        try session.queryFirst(
            "SELECT COUNT(*) FROM customer_erasures WHERE consumer = \(consumer) AND run_at IS NOT NULL"
        ) { (row) throws(DatabaseError) in try row.int(0) } ?? 0
    }
}
