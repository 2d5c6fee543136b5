import DatabaseWebService
import MySQL
import Telemetry

/// All SQL on the ledgers of stock: entries are added and read, never changed or removed.
struct StockAdjustmentStore {
    private static let columns: StaticString = "id, product_id, delta, reason, note, created_at"

    func insert<Failure: DatabaseFailure>(
        _ change: StockChange, productID: Int64, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        _ = try transaction.execute(
            """
            INSERT INTO stock_adjustments (product_id, delta, reason, note, created_at)
            VALUES (\(productID), \(change.delta), \(change.reason.rawValue), \(change.note), UTC_TIMESTAMP(6))
            """)
    }

    /// Up to `limit` entries of a product with an id below `beforeID`, by descending id.
    func list(
        productID: Int64, beforeID: Int64?, limit: Int, in session: borrowing ReadSession<ProductError>
    ) throws(ProductError) -> [StockAdjustment] {
        try session.query(
            """
            SELECT \(literal: StockAdjustmentStore.columns)
            FROM stock_adjustments FORCE INDEX (ix_stock_adjustments_product)
            WHERE product_id = \(productID) AND id < \(beforeID ?? Int64.max) ORDER BY id DESC LIMIT \(limit)
            """, StockAdjustment.init)
    }
}

extension StockAdjustment {
    fileprivate init(_ row: Row) throws(DatabaseError) {
        guard let reason = StockChange.Reason(rawValue: try row.string("reason")) else {
            throw .decoding("a row of stock_adjustments holds a value that the service never writes")
        }
        self.init(
            id: try row.int64("id"), productID: try row.int64("product_id"),
            change: StockChange(
                delta: try row.int64("delta"), reason: reason, note: try row.optionalString("note")),
            createdAt: try row.timestamp("created_at"))
    }
}
