import DatabaseWebService
import JSON
import MySQL
import Telemetry

/// All SQL on intents.
struct IntentStore {
    private static let columns: StaticString = """
        number, id, amount, currency, capture_method, payment_method, description, metadata, status, capturable, received, \
        refunded, charge_id, error_code, decline_code, cancellation_reason, created_at, authorized_at, canceled_at
        """

    func insert(
        _ draft: Intent.Draft, at now: Timestamp, in transaction: borrowing Transaction<GatewayFailure>
    ) throws(GatewayFailure) -> Intent {
        let status: Intent.Status = draft.method == nil ? .requiresPaymentMethod : .requiresConfirmation
        let id = Identifier.make("pi")
        let number = try transaction.execute(
            """
            INSERT INTO gateway_intents (id, order_id, amount, currency, capture_method, payment_method, description, metadata,
                status, capturable, received, refunded, created_at)
            VALUES (\(id), \(Intent.orderID(draft.metadata)), \(draft.amount), \(draft.currency),
                \(draft.captureMethod.rawValue), \(draft.method), \(draft.description),
                \(JSONWriter.bytes(of: draft.metadata)), \(status.rawValue), 0, 0, 0, \(now.databaseText))
            """
        ).lastInsertID
        return Intent(number: number, id: id, draft: draft, method: draft.method, status: status, createdAt: now)
    }

    func find<Query: SQLQuerying & ~Copyable>(
        id: String, in session: borrowing Query
    ) throws(Query.Failure) -> Intent? {
        guard Identifier.isPossible(id) else { return nil }
        return try session.queryFirst(
            "SELECT \(literal: IntentStore.columns) FROM gateway_intents WHERE id = \(id)", Intent.init)
    }

    /// As `find`, and holds the row.
    func lock(
        id: String, in transaction: borrowing Transaction<GatewayFailure>
    ) throws(GatewayFailure) -> Intent? {
        guard Identifier.isPossible(id) else { return nil }
        return try transaction.queryFirst(
            "SELECT \(literal: IntentStore.columns) FROM gateway_intents WHERE id = \(id) FOR UPDATE", Intent.init)
    }

    /// Up to `limit` intents that have been held for longer than so many days; holds their rows.
    func lockExpired(
        days: Int, limit: Int, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> [Intent] {
        try transaction.query(
            """
            SELECT \(literal: IntentStore.columns) FROM gateway_intents
            WHERE status = \(Intent.Status.requiresCapture.rawValue)
                AND authorized_at < UTC_TIMESTAMP(6) - INTERVAL \(days) DAY
            ORDER BY authorized_at LIMIT \(limit) FOR UPDATE
            """, Intent.init)
    }

    /// Writes what can change of an intent whose row the transaction holds.
    func update<Failure: DatabaseFailure>(
        _ intent: Intent, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        _ = try transaction.execute(
            """
            UPDATE gateway_intents SET payment_method = \(intent.method), status = \(intent.status.rawValue),
                capturable = \(intent.capturable), received = \(intent.received), refunded = \(intent.refunded),
                charge_id = \(intent.chargeID), error_code = \(intent.decline?.code),
                decline_code = \(intent.decline?.declineCode), cancellation_reason = \(intent.cancellationReason),
                authorized_at = \(intent.authorizedAt?.databaseText), canceled_at = \(intent.canceledAt?.databaseText)
            WHERE number = \(intent.number)
            """)
    }
}

extension Intent {
    fileprivate init(_ row: Row) throws(DatabaseError) {
        guard let status = Status(rawValue: try row.string("status")),
            let captureMethod = CaptureMethod(rawValue: try row.string("capture_method")),
            let metadata = (try? JSONParser.parse(try row.bytes("metadata")))?.object
        else { throw .decoding("a row of gateway_intents holds a value that the simulator never writes") }
        let draft = Draft(
            amount: try row.int64("amount"), currency: try row.string("currency"), captureMethod: captureMethod,
            method: nil, description: try row.optionalString("description"), metadata: metadata)
        self.init(
            number: try row.int64("number"), id: try row.string("id"), draft: draft,
            method: try row.optionalString("payment_method"), status: status, capturable: try row.int64("capturable"),
            received: try row.int64("received"), refunded: try row.int64("refunded"),
            chargeID: try row.optionalString("charge_id"), decline: try Intent.decline(row),
            cancellationReason: try row.optionalString("cancellation_reason"),
            createdAt: try row.timestamp("created_at"),
            authorizedAt: try row.optionalTimestamp("authorized_at"),
            canceledAt: try row.optionalTimestamp("canceled_at"))
    }

    private static func decline(_ row: Row) throws(DatabaseError) -> TestCard.Decline? {
        guard let code = try row.optionalString("error_code"), let declineCode = try row.optionalString("decline_code")
        else { return nil }
        return TestCard.Decline(code: code, declineCode: declineCode)
    }
}
