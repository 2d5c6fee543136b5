import JSON

/// A payment as the gateway knows it (Stripe's PaymentIntent), as far as an order needs it.
struct PaymentIntent: Sendable, Equatable {
    /// How far a payment has come.
    enum Status: Sendable, Equatable {
        /// It has no way of payment, or the one that it had was declined; `declineCode` tells.
        case requiresPaymentMethod
        /// It was made, and nobody has confirmed it: it holds nothing.
        case requiresConfirmation
        /// The customer would have to do something; `PaymentGateway.confirm` counts it as declined.
        case requiresAction
        /// The gateway is at it, and tells later.
        case processing
        /// The amount is held, and nothing is taken yet.
        case requiresCapture
        /// Nothing is held or taken, for good.
        case canceled
        /// The amount was taken.
        case succeeded
        /// A status that this program does not know: later than it.
        case unknown(String)

        init(_ text: String) {
            self =
                switch text {
                case "requires_payment_method": .requiresPaymentMethod
                case "requires_confirmation": .requiresConfirmation
                case "requires_action": .requiresAction
                case "processing": .processing
                case "requires_capture": .requiresCapture
                case "canceled": .canceled
                case "succeeded": .succeeded
                default: .unknown(text)
                }
        }
    }

    /// 64: what the order's row keeps of it.
    static let idBytesMax = 64

    /// Up to `idBytesMax` letters, digits and underscores: it goes into paths as it is.
    let id: String
    let status: Status
    /// What was asked for.
    let amountCents: Int64
    /// What is held and may be captured.
    let capturableCents: Int64
    /// What was taken, refunds not subtracted.
    let capturedCents: Int64
    /// What was given back of it.
    let refundedCents: Int64
    /// Why the last attempt to pay was declined; nil where none was.
    let declineCode: String?
    /// The order that it is for; nil where nobody said.
    let orderID: Int64?
}

extension PaymentIntent {
    /// Reads the gateway's object, with its `latest_charge` expanded; nil where it is another thing.
    init?(_ json: JSONValue) {
        guard json["object"]?.string == "payment_intent", let id = json["id"]?.string, PaymentIntent.isID(id),
            let status = json["status"]?.string, let amountCents = json["amount"]?.integer,
            let capturedCents = json["amount_received"]?.integer
        else { return nil }
        let refundedCents: Int64
        switch json["latest_charge"] {
        case nil, .null?: refundedCents = 0
        case .some(let charge):
            // Where it is not expanded nobody knows what was given back, and 0 would be a guess.
            guard let amount = charge["amount_refunded"]?.integer else { return nil }
            // The gateway counts a hold that was let go as refunded, too.
            refundedCents = capturedCents > 0 ? amount : 0
        }
        let decline = json["last_payment_error"]
        self.init(
            id: id, status: Status(status), amountCents: amountCents,
            capturableCents: json["amount_capturable"]?.integer ?? 0, capturedCents: capturedCents,
            refundedCents: refundedCents,
            declineCode: decline?["decline_code"]?.string ?? decline?["code"]?.string,
            orderID: json["metadata"]?["order_id"]?.string.flatMap { Int64($0) })
    }

    /// Whether a text may be the id of an intent.
    static func isID(_ text: String) -> Bool {
        1...idBytesMax ~= text.utf8.count
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

/// What a payment is to be made of.
struct PaymentDraft: Sendable, Equatable {
    let orderID: Int64
    /// At least 1: an order of nothing is not paid.
    let amountCents: Int64
    /// ISO 4217 in lower case, as `PaymentSettings.currency`.
    let currency: String
    /// The gateway's name of the customer's way of payment: `pm_card_visa`.
    let method: String
}
