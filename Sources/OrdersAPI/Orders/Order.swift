import CustomerLookup
import JSON
import Telemetry

/// What a customer ordered, at the prices of that moment.
struct Order: JSONEncodable, Sendable {
    enum Status: String, CaseIterable, Sendable {
        case created = "CREATED"
        case confirmed = "CONFIRMED"
        case canceled = "CANCELED"
        // Of asynchronous orders only.
        /// It was accepted, and holds nothing.
        case pending = "PENDING"
        case stockReserved = "STOCK_RESERVED"
        case paid = "PAID"
        /// It ended without a delivery, and holds nothing.
        case rejected = "REJECTED"
    }

    /// How an order comes to its end.
    enum Flow: String, CaseIterable, Sendable {
        /// Its client confirms it.
        case sync = "SYNC"
        /// Its saga does.
        case async = "ASYNC"
    }

    enum CancelReason: String {
        case requested
        /// It was not confirmed in time.
        case expired
    }

    /// Why an asynchronous order was rejected.
    enum RejectReason: String, CaseIterable, Sendable {
        case insufficientStock = "insufficient-stock"
        case productInactive = "product-inactive"
        case customerNotFound = "customer-not-found"
        case customerInactive = "customer-inactive"
        case paymentDeclined = "payment-declined"
        /// The gateway did not say in time whether the amount is held.
        case paymentTimeout = "payment-timeout"
        /// The stock could not be reserved in time.
        case timedOut = "timed-out"
        /// An operator gave it up.
        case discarded
    }

    /// The version of an order that was just made.
    static let firstVersion: Int64 = 1

    let id: Int64
    /// Counts the events that tell of it; 0 for an order from before there were events.
    var version: Int64
    /// As the customer was when the order was made, or when an asynchronous one took its stock. Until then all but the id is empty, and
    /// once the customer was erased.
    var customer: CustomerSnapshot
    var status: Status
    var cancelReason: CancelReason?
    let totalCents: Int64
    /// By ascending product id.
    var items: [OrderItem]
    let createdAt: Timestamp
    var confirmedAt: Timestamp?
    var canceledAt: Timestamp?
    var flow = Flow.sync
    var rejectReason: RejectReason?
    /// The gateway's name of the way of payment; nil for the one that the settings name.
    var paymentMethod: String?
    /// The gateway's id of the payment; nil where none was made.
    var paymentID: String?
    /// Whether its saga waits for an operator.
    var needsAttention = false

    func with(items: [OrderItem]) -> Order {
        var order = self
        order.items = items
        return order
    }

    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("customer_id", customer.id)
            writer.member("customer", hasCustomerSnapshot ? customer : nil)
            writer.member("status", status.rawValue)
            writer.member("total_cents", totalCents)
            writer.member("items", items)
            writer.member("created_at", createdAt.rfc3339)
            writer.member("confirmed_at", confirmedAt?.rfc3339)
            writer.member("canceled_at", canceledAt?.rfc3339)
            writer.member("cancel_reason", cancelReason?.rawValue)
            // Replies to synchronous orders stay as they were, byte for byte.
            guard flow == .async else { return }
            writer.member("flow", flow.rawValue)
            writer.member("version", version)
            writer.member("reject_reason", rejectReason?.rawValue)
            writer.member("needs_attention", needsAttention)
        }
    }

    private var hasCustomerSnapshot: Bool { !customer.name.isEmpty }
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
