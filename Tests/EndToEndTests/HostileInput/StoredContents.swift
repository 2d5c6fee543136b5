import Concurrency
import MySQL
import SystemTesting

extension RunningSystem {
    /// A checksum over every row of each table: what was changed, added or removed shows.
    func storedContents() throws -> [Int64] {
        let statements: [SQL] = [
            "CHECKSUM TABLE customers", "CHECKSUM TABLE products", "CHECKSUM TABLE orders",
            "CHECKSUM TABLE order_items", "CHECKSUM TABLE stock_adjustments", "CHECKSUM TABLE idempotency_keys",
        ]
        return try statements.map { statement in
            try database.read(by: .after(milliseconds: 10_000)) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try session.queryFirst(statement) { (row) throws(DatabaseError) in try row.int64(1) }
            } ?? -1
        }
    }
}
