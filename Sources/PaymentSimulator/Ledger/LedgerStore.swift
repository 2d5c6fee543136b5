import DatabaseWebService
import MySQL
import Telemetry

/// All SQL on the ledger: entries are added and read, never changed or removed.
struct LedgerStore {
    func insert<Failure: DatabaseFailure>(
        _ entry: LedgerEntry, of intent: Intent, at now: Timestamp, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        _ = try transaction.execute(
            """
            INSERT INTO gateway_ledger (intent_number, kind, amount, created_at)
            VALUES (\(intent.number), \(entry.kind.rawValue), \(entry.amount), \(now.databaseText))
            """)
    }

    /// Up to `limit` intents with a number below `beforeID`, by descending number, each with its totals.
    func accounts(
        orderID: Int64?, beforeID: Int64?, limit: Int, in session: borrowing ReadSession<DatabaseError>
    ) throws(DatabaseError) -> [LedgerAccount] {
        var statement: SQL = """
            SELECT number, id, order_id, currency, amount, status FROM gateway_intents
            WHERE number < \(beforeID ?? Int64.max)
            """
        if let orderID { statement += " AND order_id = \(orderID)" }
        statement += " ORDER BY number DESC LIMIT \(limit)"
        var accounts = try session.query(statement) { (row) throws(DatabaseError) in
            LedgerAccount(
                id: try row.int64("number"), intentID: try row.string("id"), orderID: try row.optionalInt64("order_id"),
                currency: try row.string("currency"), amountCents: try row.int64("amount"),
                status: try row.string("status"))
        }
        let totals = try totals(ofIntents: accounts.map(\.id), in: session)
        for index in accounts.indices { accounts[index].totals = totals[accounts[index].id] ?? [:] }
        return accounts
    }

    private func totals(
        ofIntents numbers: [Int64], in session: borrowing ReadSession<DatabaseError>
    ) throws(DatabaseError) -> [Int64: [LedgerEntry.Kind: LedgerAccount.Total]] {
        var totals: [Int64: [LedgerEntry.Kind: LedgerAccount.Total]] = [:]
        let rows = try session.query(
            """
            SELECT intent_number, kind, COUNT(*) AS count, CAST(SUM(amount) AS UNSIGNED) AS cents FROM gateway_ledger
            WHERE intent_number IN \(list: numbers) GROUP BY intent_number, kind
            """
        ) { (row) throws(DatabaseError) in
            (
                number: try row.int64("intent_number"), kind: try row.string("kind"),
                total: LedgerAccount.Total(count: try row.int64("count"), cents: try row.int64("cents"))
            )
        }
        for row in rows {
            guard let kind = LedgerEntry.Kind(rawValue: row.kind) else {
                throw .decoding("a row of gateway_ledger holds a value that the simulator never writes")
            }
            totals[row.number, default: [:]][kind] = row.total
        }
        return totals
    }
}
