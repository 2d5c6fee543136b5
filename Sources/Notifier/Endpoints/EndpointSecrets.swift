import Concurrency
import DatabaseWebService
import Digests
import MySQL
import WebhookSignatures

/// The secrets of endpoints, which are stored encrypted only.
struct EndpointSecrets {
    /// Why an endpoint's secret cannot be had.
    enum OpenError: Error, Equatable {
        /// None of the keys in `SECRETS_KEY` encrypted it.
        case notOpened
        case database(DatabaseError)
    }

    /// The first encrypts, each decrypts.
    let keys: [EncryptionKey]
    private let first: EncryptionKey

    /// - Returns: nil without a key.
    init?(keys: [EncryptionKey]) {
        guard let first = keys.first else { return nil }
        self.keys = keys
        self.first = first
    }

    /// Gives an endpoint its first secret.
    func begin<Failure: DatabaseFailure>(
        _ secret: SigningSecret, endpointID: Int64, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        try transaction.execute(
            "UPDATE endpoints SET secret = \(seal(secret, endpointID)) WHERE id = \(endpointID)")
    }

    /// Gives an endpoint another secret; the one before it signs for `Endpoint.previousSecretHours` as well.
    func rotate<Failure: DatabaseFailure>(
        to secret: SigningSecret, endpointID: Int64, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        // Assignments are made in their order: the first two still read the old secret.
        try transaction.execute(
            """
            UPDATE endpoints SET previous_secret = secret,
                previous_secret_until = UTC_TIMESTAMP(6) + INTERVAL \(Endpoint.previousSecretHours) HOUR,
                secret = \(seal(secret, endpointID)), updated_at = UTC_TIMESTAMP(6)
            WHERE id = \(endpointID)
            """)
    }

    /// The secrets that sign for an endpoint now: its own, and the one before it as long as that still does.
    func signing<Query: SQLQuerying & ~Copyable>(
        endpointID: Int64, in session: borrowing Query
    ) throws(OpenError) -> [SigningSecret] where Query.Failure == DatabaseError {
        let sealed: [[UInt8]]
        do throws(DatabaseError) {
            sealed =
                try session.queryFirst(
                    """
                    SELECT secret, IF(previous_secret_until > UTC_TIMESTAMP(6), previous_secret, NULL) AS previous_secret
                    FROM endpoints WHERE id = \(endpointID)
                    """
                ) { (row) throws(DatabaseError) in
                    [try row.optionalBytes("secret"), try row.optionalBytes("previous_secret")].compactMap { $0 }
                } ?? []
        } catch {
            throw .database(error)
        }
        var secrets: [SigningSecret] = []
        for bytes in sealed { secrets.append(try open(bytes, endpointID)) }
        guard !secrets.isEmpty else { throw .notOpened }
        return secrets
    }

    private func seal(_ secret: SigningSecret, _ endpointID: Int64) -> [UInt8] {
        AuthenticatedEncryption.seal(secret.bytes, key: first, context: EndpointSecrets.context(endpointID))
    }

    private func open(_ sealed: [UInt8], _ endpointID: Int64) throws(OpenError) -> SigningSecret {
        do throws(AuthenticatedEncryption.OpenError) {
            let bytes = try AuthenticatedEncryption.open(
                sealed, keys: keys, context: EndpointSecrets.context(endpointID))
            guard let secret = SigningSecret(bytes: bytes) else { throw .notAuthentic }
            return secret
        } catch {
            throw .notOpened
        }
    }

    /// A secret that is copied to another endpoint's row cannot be opened there.
    private static func context(_ endpointID: Int64) -> [UInt8] { Array("endpoints.secret:\(endpointID)".utf8) }
}
