import JSON
import Telemetry

/// A payment.
struct Intent: Sendable {
    enum Status: String, Sendable {
        case requiresPaymentMethod = "requires_payment_method"
        case requiresConfirmation = "requires_confirmation"
        case requiresAction = "requires_action"
        case requiresCapture = "requires_capture"
        case canceled
        case succeeded
    }

    enum CaptureMethod: String, Sendable {
        case automatic, manual
    }

    /// Stripe takes eight digits.
    static let amounts: ClosedRange<Int64> = 1...99_999_999

    /// What it is made of.
    struct Draft: Sendable {
        let amount: Int64
        let currency: String
        let captureMethod: CaptureMethod
        let method: String?
        let description: String?
        /// Texts by their names.
        let metadata: JSONObject
    }

    /// In the order of their making; the ledger's pages go by it.
    let number: Int64
    let id: String
    let draft: Draft
    var method: String?
    var status: Status
    /// What is held.
    var capturable: Int64 = 0
    /// What was captured, refunds not subtracted.
    var received: Int64 = 0
    /// What was given back of that.
    var refunded: Int64 = 0
    /// Made by the first confirmation that was not declined.
    var chargeID: String?
    var decline: TestCard.Decline?
    var cancellationReason: String?
    let createdAt: Timestamp
    var authorizedAt: Timestamp?
    var canceledAt: Timestamp?

    /// The order that the metadata name, where that is a number.
    var orderID: Int64? { Intent.orderID(draft.metadata) }

    static func orderID(_ metadata: JSONObject) -> Int64? {
        metadata["order_id"]?.string.flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
}
