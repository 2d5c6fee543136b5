import Concurrency
import JSON
import MySQL

/// An asynchronous order as it stands in the end.
struct EndedOrder: Sendable {
    private static let patienceMilliseconds = 60_000

    let status: String
    /// Why it was rejected or canceled.
    let reason: String?
    let customerID: Int64
    let totalCents: Int64
    /// Quantities by product.
    private(set) var items: [Int64: Int64] = [:]

    /// All that there are, by id.
    static func all(in database: Database) throws -> [Int64: EndedOrder] {
        try database.read(by: .after(milliseconds: patienceMilliseconds)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            let rows = try session.query(
                """
                SELECT id, status, COALESCE(reject_reason, cancel_reason) AS reason, customer_id, total_cents FROM orders
                WHERE flow = 'ASYNC'
                """
            ) { (row) throws(DatabaseError) in
                let order = EndedOrder(
                    status: try row.string("status"), reason: try row.optionalString("reason"),
                    customerID: try row.int64("customer_id"), totalCents: try row.int64("total_cents"))
                return (try row.int64("id"), order)
            }
            var orders = Dictionary(uniqueKeysWithValues: rows)
            let items = try session.query("SELECT order_id, product_id, qty FROM order_items") {
                (row) throws(DatabaseError) in
                (try row.int64("order_id"), try row.int64("product_id"), try row.int64("qty"))
            }
            for (orderID, productID, quantity) in items { orders[orderID]?.items[productID] = quantity }
            return orders
        }
    }

    private init(status: String, reason: String?, customerID: Int64, totalCents: Int64) {
        self.status = status
        self.reason = reason
        self.customerID = customerID
        self.totalCents = totalCents
    }

    /// How it differs from what was acknowledged.
    func flaw(_ plan: AsyncPlan, _ told: AsyncAnswers.Told) -> String? {
        let quantities = Dictionary(plan.lines.map { ($0.product, Int64($0.quantity)) }, uniquingKeysWith: +)
        guard customerID == plan.customer.id, items == quantities else { return "is another than was asked for" }
        let data = (try? JSONParser.parse(told.body))?["data"]
        guard data?["total_cents"]?.integer == totalCents else { return "costs \(totalCents), which nobody was told" }
        switch told.end {
        case .canceled: return status == "CANCELED" ? nil : "was canceled, and is \(status)"
        case .discarded:
            return reason == "discarded" ? nil : "was discarded, and is \(status) \(reason ?? "")"
        case nil: return nil
        }
    }

    /// How it has ended, where it could not end so.
    func impossibility(_ plan: AsyncPlan) -> String? {
        switch (status, reason) {
        case ("CONFIRMED", _):
            if plan.isDeclined { return "is confirmed, though its payment is declined" }
            return plan.customer.isActive ? nil : "is confirmed for a customer who is not there"
        case ("CANCELED", "requested"):
            switch plan.wish?.kind {
            case .cancel, .cancelByOperator: return nil
            case .discard, nil: return "is canceled, which nobody asked for"
            }
        case ("REJECTED", "discarded"):
            return plan.wish?.kind == .discard ? nil : "is discarded, which nobody asked for"
        case ("REJECTED", "payment-declined"):
            return plan.isDeclined ? nil : "is rejected, as if its payment had been declined"
        case ("REJECTED", "customer-not-found"), ("REJECTED", "customer-inactive"):
            return plan.customer.isActive ? "is rejected, as if its customer were not there" : nil
        case ("REJECTED", "product-inactive"):
            return plan.hasFading ? nil : "is rejected for a product that was always for sale"
        case ("REJECTED", "insufficient-stock"), ("REJECTED", "payment-timeout"), ("REJECTED", "timed-out"): return nil
        default: return "has not ended: it is \(status) \(reason ?? "")"
        }
    }
}
