import Digests
import Telemetry

/// The idempotency key of one step of an order's payment.
///
/// It is made of the order and the step alone, so that a repetition by any process uses the same one. The moment at which the order was
/// placed is part of it: after a restored backup, or in a database made anew, another order may have the same id, and must not be given
/// the payment of the first.
struct PaymentKey: Sendable, Equatable {
    enum Step: String, Sendable {
        case create, confirm, capture, cancel, refund
    }

    let text: String

    /// - Parameter generation: 0 for the first. A later one only after `outcomeUnknown(isKept: true)`, when the intent itself has said
    ///   that the step was not done: the gateway would repeat its failure under the old key for a day.
    init(_ step: Step, orderID: Int64, placedAt: Timestamp, generation: Int = 0) {
        let name = "\(step.rawValue)\u{0}\(orderID)\u{0}\(placedAt.microsecondsSince1970)\u{0}\(generation)"
        text = "orders-\(step.rawValue)-\(Base64URL.encode(SHA256.digest(Array("payment\u{0}\(name)".utf8))))"
    }
}
