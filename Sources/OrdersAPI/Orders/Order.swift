import CustomerLookup
import JSON
import Telemetry

/// What a customer ordered, at the prices of that moment.
struct Order: JSONEncodable, Sendable {
    enum Status: String, CaseIterable, Sendable {
        case created = "CREATED"
        case confirmed = "CONFIRMED"
        case canceled = "CANCELED"
    }

    enum CancelReason: String {
        case requested
        /// It was not confirmed in time.
        case expired
    }

    /// The version of an order that was just made.
    static let firstVersion: Int64 = 1

    let id: Int64
    /// Counts the events that tell of it; 0 for an order from before there were events.
    var version: Int64
    /// As the customer was when the order was made.
    let customer: CustomerSnapshot
    var status: Status
    var cancelReason: CancelReason?
    let totalCents: Int64
    /// By ascending product id.
    var items: [OrderItem]
    let createdAt: Timestamp
    var confirmedAt: Timestamp?
    var canceledAt: Timestamp?

    func with(items: [OrderItem]) -> Order {
        var order = self
        order.items = items
        return order
    }

    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("customer_id", customer.id)
            writer.member("customer", customer)
            writer.member("status", status.rawValue)
            writer.member("total_cents", totalCents)
            writer.member("items", items)
            writer.member("created_at", createdAt.rfc3339)
            writer.member("confirmed_at", confirmedAt?.rfc3339)
            writer.member("canceled_at", canceledAt?.rfc3339)
            writer.member("cancel_reason", cancelReason?.rawValue)
        }
    }
}

/// One product of an order.
struct OrderItem: JSONEncodable, Sendable {
    let productID: Int64
    let sku: StockKeepingUnit
    let name: String
    let quantity: Int64
    let unitPriceCents: Int64
    let subtotalCents: Int64

    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("product_id", productID)
            writer.member("sku", sku.text)
            writer.member("name", name)
            writer.member("qty", quantity)
            writer.member("unit_price_cents", unitPriceCents)
            writer.member("subtotal_cents", subtotalCents)
        }
    }
}
