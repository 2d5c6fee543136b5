import CustomerLookup
import JSON
import Telemetry

/// Something that happened to an order: the order's new version, as CloudEvents 1.0 in structured JSON.
///
/// The contract is `openapi/events.yaml`. Names, e-mail addresses and telephone numbers are never in it, so that it may be kept and
/// handed on. Members may be added; what means something else gets another type.
///
/// At most 64 KiB: an order has at most 200 lines, and a line less than 256 bytes.
struct OrderEvent: JSONEncodable, Sendable {
    /// What can happen to an order, and which state it has then.
    enum Kind: String, CaseIterable, Sendable {
        case created = "order.created"
        case stockReserved = "order.stock-reserved"
        case paid = "order.paid"
        case confirmed = "order.confirmed"
        case rejected = "order.rejected"
        case canceled = "order.canceled"

        /// The event that tells of a state.
        init(_ status: Order.Status) {
            switch status {
            case .created, .pending: self = .created
            case .stockReserved: self = .stockReserved
            case .paid: self = .paid
            case .confirmed: self = .confirmed
            case .rejected: self = .rejected
            case .canceled: self = .canceled
            }
        }

        /// The state that the event tells of.
        func status(in flow: Order.Flow) -> Order.Status {
            switch self {
            case .created: flow == .sync ? .created : .pending
            case .stockReserved: .stockReserved
            case .paid: .paid
            case .confirmed: .confirmed
            case .rejected: .rejected
            case .canceled: .canceled
            }
        }
    }

    let id: EventID
    /// As the change left it.
    let order: Order
    /// Nil where there was none, or none that is known.
    let previousStatus: Order.Status?
    /// The trace of the call that made the change; nil for changes that nobody called for.
    let trace: TraceContext?
    /// When it happened, by the database's clock.
    let time: Timestamp

    /// - Parameter time: nil where the order itself tells it.
    init(
        _ order: Order, after previousStatus: Order.Status?, _ trace: TraceContext?, at time: Timestamp? = nil
    ) {
        id = EventID()
        self.time = time ?? OrderEvent.time(of: order)
        self.order = order
        self.previousStatus = previousStatus
        self.trace = trace
    }

    var kind: Kind { Kind(order.status) }

    private static func time(of order: Order) -> Timestamp {
        switch order.status {
        case .created, .pending, .stockReserved, .paid, .rejected: order.createdAt
        case .confirmed: order.confirmedAt ?? order.createdAt
        case .canceled: order.canceledAt ?? order.createdAt
        }
    }

    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("specversion", "1.0")
            writer.member("id", id.text)
            writer.member("source", "/orders-api")
            writer.member("type", kind.rawValue)
            writer.member("subject", "orders/\(order.id)")
            writer.member("time", time.rfc3339)
            writer.member("datacontenttype", "application/json")
            writer.member("dataschema", "urn:orchestrator:\(kind.rawValue)-1")
            writer.member("partitionkey", String(order.id))
            writer.member("sequence", String(order.version))
            if let trace { writer.member("traceparent", trace.traceparent) }
            writer.member("data", object: encodeData)
        }
    }

    private func encodeData(to writer: inout JSONWriter) {
        writer.member("order_id", order.id)
        writer.member("customer_id", order.customer.id)
        writer.member("version", order.version)
        writer.member("status", order.status.rawValue)
        writer.member("previous_status", previousStatus?.rawValue)
        writer.member("reason", order.cancelReason?.rawValue ?? order.rejectReason?.rawValue)
        writer.member("total_cents", order.totalCents)
        writer.member(
            "items",
            array: { writer in
                for item in order.items {
                    writer.object { writer in
                        writer.member("product_id", item.productID)
                        writer.member("sku", item.sku.text)
                        writer.member("qty", item.quantity)
                        writer.member("unit_price_cents", item.unitPriceCents)
                        writer.member("subtotal_cents", item.subtotalCents)
                    }
                }
            })
    }
}
