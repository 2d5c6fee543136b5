import JSON
import MySQL

/// The tables, as far as an audit needs them.
struct AuditedRecords {
    struct Order {
        let id: Int64
        let customerID: Int64
        let status: String
        let cancelReason: String?
        let totalCents: Int64
        let createdAt: String
        let confirmedAt: String?
        let canceledAt: String?
        let isAsynchronous: Bool
        let rejectReason: String?

        var holdsStock: Bool { ["CREATED", "CONFIRMED", "STOCK_RESERVED", "PAID"].contains(status) }
    }

    struct Item {
        let orderID: Int64
        let productID: Int64
        let quantity: Int64
        let unitPriceCents: Int64
        let subtotalCents: Int64
    }

    /// A key of one of the three operations on orders, with the reply that it keeps.
    struct Key {
        enum Operation: String {
            case create = "createOrder"
            case confirm = "confirmOrder"
            case cancel = "cancelOrder"
        }

        let operation: Operation
        let text: String
        let statusCode: Int
        /// `data` of the reply.
        let data: JSONValue
        /// The order that the operation is about: the one in its scope, or else the one in its reply.
        let orderID: Int64?

        var isSuccess: Bool { 200..<300 ~= statusCode }
    }

    /// The ledger of a product's stock.
    struct Ledger {
        let productID: Int64
        let total: Int64
        /// How many of its entries are the `INITIAL` one.
        let beginningCount: Int64
    }

    /// On hand, by product.
    let stock: [Int64: Int64]
    let ledgers: [Int64: Ledger]
    let orders: [Int64: Order]
    let items: [Int64: [Item]]
    let keys: [Key]
    /// The keys that had success, by order and operation.
    let successes: [Int64: [Key.Operation: [Key]]]

    init<Query: SQLQuerying & ~Copyable>(_ session: borrowing Query) throws(Query.Failure) {
        let products = try session.query("SELECT id, stock FROM products") { (row) throws(DatabaseError) in
            (try row.int64("id"), try row.int64("stock"))
        }
        stock = Dictionary(uniqueKeysWithValues: products)
        let ledgers = try session.query(
            """
            SELECT product_id, CAST(SUM(delta) AS SIGNED) AS total,
                CAST(SUM(reason = 'INITIAL') AS SIGNED) AS beginning_count
            FROM stock_adjustments GROUP BY product_id
            """, Ledger.init)
        self.ledgers = Dictionary(uniqueKeysWithValues: ledgers.map { ($0.productID, $0) })
        let orders = try session.query(
            """
            SELECT id, customer_id, status, cancel_reason, total_cents, created_at, confirmed_at, canceled_at, flow,
                reject_reason
            FROM orders
            """, Order.init)
        self.orders = Dictionary(uniqueKeysWithValues: orders.map { ($0.id, $0) })
        items = Dictionary(
            grouping: try session.query(
                """
                SELECT order_id, product_id, qty, unit_price_cents, subtotal_cents FROM order_items
                ORDER BY order_id, line_number
                """, Item.init),
            by: \.orderID)
        keys = try session.query(
            "SELECT scope, idempotency_key, status_code, response_body FROM idempotency_keys", Key.init
        ).compactMap { $0 }
        var successes: [Int64: [Key.Operation: [Key]]] = [:]
        for key in keys where key.isSuccess {
            if let id = key.orderID { successes[id, default: [:]][key.operation, default: []].append(key) }
        }
        self.successes = successes
    }
}

extension AuditedRecords.Order {
    fileprivate init(_ row: Row) throws(DatabaseError) {
        self.init(
            id: try row.int64("id"), customerID: try row.int64("customer_id"), status: try row.string("status"),
            cancelReason: try row.optionalString("cancel_reason"), totalCents: try row.int64("total_cents"),
            createdAt: try row.string("created_at"), confirmedAt: try row.optionalString("confirmed_at"),
            canceledAt: try row.optionalString("canceled_at"), isAsynchronous: try row.string("flow") == "ASYNC",
            rejectReason: try row.optionalString("reject_reason"))
    }
}

extension AuditedRecords.Ledger {
    fileprivate init(_ row: Row) throws(DatabaseError) {
        self.init(
            productID: try row.int64("product_id"), total: try row.int64("total"),
            beginningCount: try row.int64("beginning_count"))
    }
}

extension AuditedRecords.Item {
    fileprivate init(_ row: Row) throws(DatabaseError) {
        self.init(
            orderID: try row.int64("order_id"), productID: try row.int64("product_id"),
            quantity: try row.int64("qty"), unitPriceCents: try row.int64("unit_price_cents"),
            subtotalCents: try row.int64("subtotal_cents"))
    }
}

extension AuditedRecords.Key {
    /// Nil for a key of another operation.
    fileprivate init?(_ row: Row) throws(DatabaseError) {
        let scope = try row.string("scope").split(separator: ":")
        guard let operation = scope.first.flatMap({ Operation(rawValue: String($0)) }) else { return nil }
        self.operation = operation
        text = try row.string("idempotency_key")
        statusCode = try row.int("status_code")
        let json = try? JSONParser.parse(try row.bytes("response_body"))
        data = json?["data"] ?? .null
        orderID = scope.count > 1 ? Int64(scope[1]) : data["id"]?.integer
    }
}

/// The orchestrator's callers: which of its steps' keys are theirs.
struct AuditedCallers {
    /// The caller's key, by the step's.
    private let creates: [String: String]
    private let confirms: [String: String]
    private let cancels: [String: String]

    init(_ keys: Set<String>) {
        creates = AuditedCallers.steps("create", keys)
        confirms = AuditedCallers.steps("confirm", keys)
        cancels = AuditedCallers.steps("cancel", keys)
    }

    /// The caller's key that a step's key was made from.
    func caller(of key: AuditedRecords.Key) -> String? {
        switch key.operation {
        case .create: creates[key.text]
        case .confirm: confirms[key.text]
        case .cancel: cancels[key.text]
        }
    }

    /// Every key of the orchestrator begins like this, whosever it is.
    static func isStep(_ key: AuditedRecords.Key) -> Bool { key.text.hasPrefix("orchestrator-") }

    private static func steps(_ step: String, _ keys: Set<String>) -> [String: String] {
        Dictionary(uniqueKeysWithValues: keys.map { (OrderAudit.stepKey(step, of: $0), $0) })
    }
}
