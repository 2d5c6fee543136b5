import DatabaseWebService
import MySQL
import Telemetry

/// All SQL on registrations that nobody has confirmed yet. A row is also the order to send its mail, as long as it has a `send_at`.
struct RegistrationStore {
    /// An hour from the mail on.
    static let linkSeconds = 3600
    /// 10,000 that wait: more than people make in an hour, and some megabytes.
    private static let countMax = 10_000
    /// A minute: of so many, some expire every minute.
    static let fullRetrySeconds = 60
    /// A minute, which is several times what sending takes. So long a mail waits whose process has died.
    private static let leaseSeconds = 60

    /// Inserted twice it is inserted once.
    ///
    /// - Throws: `.registrationsFull`.
    func insert(
        _ new: NewRegistration, _ hash: PasswordHash, id: RegistrationID,
        in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) {
        let count = try transaction.queryFirst(
            "SELECT COUNT(*) FROM (SELECT 1 FROM registrations LIMIT \(RegistrationStore.countMax)) AS waiting"
        ) { (row) throws(DatabaseError) in try row.int(0) }
        guard count ?? 0 < RegistrationStore.countMax else { throw .registrationsFull }
        try transaction.execute(
            """
            INSERT INTO registrations (id, email, name, phone, password_hash, language, send_at, created_at, expires_at)
            VALUES (\(id.bytes), \(new.customer.email.text), \(new.customer.name), \(new.customer.phone), \(hash.text),
                \(new.language.rawValue), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6),
                UTC_TIMESTAMP(6) + INTERVAL \(RegistrationStore.linkSeconds) SECOND)
            ON DUPLICATE KEY UPDATE email = VALUES(email)
            """)
    }

    /// Whether the link would work.
    func exists<Query: SQLQuerying & ~Copyable>(
        _ token: LinkToken, in session: borrowing Query
    ) throws(Query.Failure) -> Bool {
        try !session.query(
            "SELECT 1 FROM registrations WHERE token_digest = \(token.digest) AND expires_at > UTC_TIMESTAMP(6)"
        ).isEmpty
    }

    /// The customer and the password's hash of a link, with all registrations of that e-mail address held until the transaction ends, so
    /// that of two links at once one comes after the other.
    func lock(
        _ token: LinkToken, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) -> (customer: NewCustomer, hash: String, now: Timestamp)? {
        let email = try transaction.queryFirst(
            "SELECT email FROM registrations WHERE token_digest = \(token.digest)"
        ) { (row) throws(DatabaseError) in try row.string("email") }
        guard let email else { return nil }
        _ = try transaction.query("SELECT id FROM registrations WHERE email = \(email) ORDER BY id FOR UPDATE")
        return try transaction.queryFirst(
            """
            SELECT email, name, phone, password_hash, \(SQL.now) FROM registrations
            WHERE token_digest = \(token.digest) AND expires_at > UTC_TIMESTAMP(6) FOR UPDATE
            """
        ) { (row) throws(DatabaseError) in
            guard let email = Email(try row.string("email")) else {
                throw .decoding("a row of registrations holds a value that the service never writes")
            }
            let customer = NewCustomer(
                name: try row.string("name"), email: email, phone: try row.string("phone"), identityCard: nil,
                address: nil)
            return (customer, try row.string("password_hash"), try row.timestamp("now"))
        }
    }

    /// Ends all registrations of an address.
    func remove(email: Email, in transaction: borrowing Transaction<AccountError>) throws(AccountError) {
        try transaction.execute("DELETE FROM registrations WHERE email = \(email.text)")
    }

    /// Takes the mail that has been due for longest, for a minute. The link works from now on, if there is to be one.
    func claim(
        _ key: [UInt8], _ credentials: CredentialStore, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) -> PendingRegistration? {
        let due = try transaction.queryFirst(
            """
            SELECT id, email, language, attempts, created_at FROM registrations
            WHERE send_at <= UTC_TIMESTAMP(6) ORDER BY send_at LIMIT 1 FOR UPDATE SKIP LOCKED
            """
        ) { (row) throws(DatabaseError) in
            (
                id: RegistrationID(try row.bytes("id")), email: try row.string("email"),
                language: MailLanguage(rawValue: try row.string("language")) ?? .english,
                attempts: try row.int("attempts"), createdAt: try row.timestamp("created_at")
            )
        }
        guard let due else { return nil }
        let hasAccount = try credentials.exists(email: due.email, in: transaction)
        let digest = hasAccount ? nil : due.id.token(key).digest
        try transaction.execute(
            """
            UPDATE registrations SET attempts = \(due.attempts + 1), token_digest = \(digest),
                send_at = UTC_TIMESTAMP(6) + INTERVAL \(RegistrationStore.leaseSeconds) SECOND,
                expires_at = UTC_TIMESTAMP(6) + INTERVAL \(RegistrationStore.linkSeconds) SECOND
            WHERE id = \(due.id.bytes)
            """)
        return PendingRegistration(
            id: due.id, email: due.email, language: due.language, attempt: due.attempts + 1,
            createdSeconds: Int(due.createdAt.microsecondsSince1970 / 1_000_000), hasAccount: hasAccount)
    }

    /// Notes that the mail is not to be sent again.
    func finish(
        _ sent: PendingRegistration, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) {
        try transaction.execute(
            """
            UPDATE registrations SET send_at = NULL
            WHERE id = \(sent.id.bytes) AND attempts = \(sent.attempt) AND send_at IS NOT NULL
            """)
    }

    /// Has the mail sent again later.
    func postpone(
        _ pending: PendingRegistration, seconds: Int, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) {
        try transaction.execute(
            """
            UPDATE registrations SET send_at = UTC_TIMESTAMP(6) + INTERVAL \(seconds) SECOND
            WHERE id = \(pending.id.bytes) AND attempts = \(pending.attempt) AND send_at IS NOT NULL
            """)
    }

    /// Removes those whose links have expired. One that is still to be mailed has none, however long ago it was made.
    ///
    /// - Returns: how many were removed, at most `limit`.
    func removeExpired(limit: Int, in transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) -> Int {
        try transaction.execute(
            """
            DELETE FROM registrations WHERE expires_at < UTC_TIMESTAMP(6) AND send_at IS NULL
            ORDER BY expires_at LIMIT \(limit)
            """
        ).affectedRows
    }
}
