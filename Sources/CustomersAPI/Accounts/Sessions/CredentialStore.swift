import DatabaseWebService
import MySQL
import Telemetry

/// An account as a login finds it.
struct FoundAccount: Sendable {
    let customerID: Int64
    let isActive: Bool
    let hash: PasswordHash
    /// Whether somebody has logged in from this address before.
    let isKnownAddress: Bool
}

/// All SQL on accounts, and on the addresses that they are used from.
struct CredentialStore {
    /// 20 addresses of an account: its owner's homes, offices and telephones of the last weeks.
    private static let addressesMax = 20
    /// 90 days without a login from it, and an address is a stranger's again.
    private static let addressDays = 90

    func find(
        email: Email, addressID: [UInt8], in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) -> FoundAccount? {
        try transaction.queryFirst(
            """
            SELECT customers.id, customers.is_active, credentials.password_hash, EXISTS
                (SELECT 1 FROM known_addresses WHERE known_addresses.customer_id = customers.id
                AND known_addresses.address_id = \(addressID)) AS is_known
            FROM customers JOIN credentials ON credentials.customer_id = customers.id
            WHERE customers.email = \(email.text)
            """
        ) { (row) throws(DatabaseError) in
            FoundAccount(
                customerID: try row.int64("id"), isActive: try row.bool("is_active"),
                hash: try CredentialStore.hash(row), isKnownAddress: try row.bool("is_known"))
        }
    }

    /// Locks an account.
    ///
    /// - Returns: whether its customer may use it, and the time; nil where there is no such account.
    func lock(
        customerID: Int64, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) -> (isActive: Bool, now: Timestamp)? {
        let isThere =
            try !transaction.query("SELECT 1 FROM credentials WHERE customer_id = \(customerID) FOR UPDATE").isEmpty
        guard isThere else { return nil }
        return try transaction.queryFirst("SELECT is_active, \(SQL.now) FROM customers WHERE id = \(customerID)") {
            (row) throws(DatabaseError) in (try row.bool("is_active"), try row.timestamp("now"))
        }
    }

    /// - Returns: false where the customer has an account already, which stays as it is.
    func insert(
        customerID: Int64, hash: String, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) -> Bool {
        do throws(AccountError) {
            try transaction.execute(
                """
                INSERT INTO credentials (customer_id, password_hash, created_at)
                VALUES (\(customerID), \(hash), UTC_TIMESTAMP(6))
                """)
            return true
        } catch {
            guard error.databaseError?.isDuplicateKey == true else { throw error }
            return false
        }
    }

    func replace(
        _ hash: PasswordHash, customerID: Int64, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) {
        try transaction.execute(
            "UPDATE credentials SET password_hash = \(hash.text) WHERE customer_id = \(customerID)")
    }

    /// Whether a customer with this address has an account.
    func exists(email: String, in transaction: borrowing Transaction<AccountError>) throws(AccountError) -> Bool {
        try !transaction.query(
            """
            SELECT 1 FROM customers JOIN credentials ON credentials.customer_id = customers.id
            WHERE customers.email = \(email)
            """
        ).isEmpty
    }

    /// Remembers that somebody has logged in from there, and forgets the addresses that were not used for longest.
    func remember(
        addressID: [UInt8], of customerID: Int64, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) {
        try transaction.execute(
            """
            INSERT INTO known_addresses (customer_id, address_id, seen_at)
            VALUES (\(customerID), \(addressID), UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE seen_at = VALUES(seen_at)
            """)
        let surplus = try transaction.query(
            """
            SELECT address_id FROM known_addresses WHERE customer_id = \(customerID)
            ORDER BY seen_at DESC LIMIT 100 OFFSET \(CredentialStore.addressesMax)
            """
        ) { (row) throws(DatabaseError) in try row.bytes("address_id") }
        guard !surplus.isEmpty else { return }
        try transaction.execute(
            "DELETE FROM known_addresses WHERE customer_id = \(customerID) AND address_id IN \(list: surplus)")
    }

    /// Ends an account, with its sessions: the person may register again.
    ///
    /// - Returns: whether there was one.
    func remove(
        customerID: Int64, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> Bool {
        try transaction.execute("DELETE FROM credentials WHERE customer_id = \(customerID)").affectedRows == 1
    }

    /// - Returns: how many addresses were removed, at most `limit`.
    func removeOldAddresses(
        limit: Int, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> Int {
        try transaction.execute(
            """
            DELETE FROM known_addresses WHERE seen_at < UTC_TIMESTAMP(6) - INTERVAL \(CredentialStore.addressDays) DAY
            ORDER BY seen_at LIMIT \(limit)
            """
        ).affectedRows
    }

    private static func hash(_ row: Row) throws(DatabaseError) -> PasswordHash {
        guard let hash = PasswordHash(try row.string("password_hash")) else {
            throw .decoding("a row of credentials holds a value that the service never writes")
        }
        return hash
    }
}
