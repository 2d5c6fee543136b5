import CustomerLookup
import DatabaseWebService
import MySQL

extension Order {
    /// An order from its row, of the columns in `OrderStore.columns`; its items are rows of their own.
    init(_ row: Row) throws(DatabaseError) {
        let cancelReason = try row.optionalString("cancel_reason")
        guard let status = Status(rawValue: try row.string("status")), let flow = Flow(rawValue: try row.string("flow"))
        else {
            throw .decoding("a row of orders holds a value that the service never writes")
        }
        self.init(
            id: try row.int64("id"), version: try row.int64("version"),
            customer: CustomerSnapshot(
                id: try row.int64("customer_id"), name: try row.string("customer_name"),
                email: try row.string("customer_email"), phone: try row.string("customer_phone")),
            status: status, cancelReason: cancelReason.flatMap(CancelReason.init),
            totalCents: try row.int64("total_cents"), items: [],
            createdAt: try row.timestamp("created_at"), confirmedAt: try row.optionalTimestamp("confirmed_at"),
            canceledAt: try row.optionalTimestamp("canceled_at"), flow: flow,
            rejectReason: try row.optionalString("reject_reason").flatMap(RejectReason.init),
            paymentMethod: try row.optionalString("payment_method"), paymentID: try row.optionalString("payment_id"),
            needsAttention: try row.bool("needs_attention"))
    }
}

extension OrderItem {
    /// An item from its row, of the columns in `OrderStore.itemColumns`.
    init(_ row: Row) throws(DatabaseError) {
        guard let sku = StockKeepingUnit(try row.string("sku")) else {
            throw .decoding("a row of order_items holds a value that the service never writes")
        }
        self.init(
            productID: try row.int64("product_id"), sku: sku, name: try row.string("name"),
            quantity: try row.int64("qty"), unitPriceCents: try row.int64("unit_price_cents"),
            subtotalCents: try row.int64("subtotal_cents"))
    }
}
