import MySQL
import Telemetry

/// What auditors ask.
struct LedgerService {
    let database: Database
    let store: LedgerStore

    /// Intents below `beforeID`, newest first, each with the sums of its movements.
    func accounts(
        orderID: Int64?, beforeID: Int64?, limit: Int, _ call: CallContext
    ) throws(DatabaseError) -> [LedgerAccount] {
        try database.read(.list, for: call) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try store.accounts(orderID: orderID, beforeID: beforeID, limit: limit, in: session)
        }
    }
}
