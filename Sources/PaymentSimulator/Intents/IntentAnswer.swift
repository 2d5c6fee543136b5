import JSON
import Telemetry

/// What a client is told of a request that was carried out or refused.
enum IntentAnswer {
    case intent(Intent)
    case refund(Refund, of: Intent, at: Timestamp)
    case refused(GatewayError)

    /// The members that can be had in full.
    static let intentExpansions: Set = ["latest_charge"]
    static let refundExpansions: Set = ["payment_intent", "payment_intent.latest_charge"]

    /// - Parameter expansions: of those above.
    func reply(_ expansions: Set<String>) -> GatewayReply {
        switch self {
        case .intent(let intent):
            let json = intent.json(expandsCharge: expansions.contains("latest_charge"))
            return GatewayReply(status: 200, body: JSONWriter.bytes(of: json))
        case .refund(let refund, let intent, let now):
            return GatewayReply(status: 200, body: JSONWriter.bytes(of: refund.json(intent, now, expansions)))
        case .refused(let error): return GatewayReply(status: error.status, body: error.body)
        }
    }
}

extension Intent {
    private typealias Members = [(name: String, value: JSONValue)]

    /// The intent as Stripe writes it; members of what the simulator does not have are null.
    func json(expandsCharge: Bool = false) -> JSONValue {
        let charge: JSONValue = expandsCharge && chargeID != nil ? chargeJSON : chargeID.json
        let lastError: JSONValue = decline.map { $0.error.json } ?? .null
        let usableMethod: JSONValue = status == .requiresPaymentMethod ? .null : method.json
        var members: Members = [
            ("id", .string(id)), ("object", .string("payment_intent")), ("amount", .integer(draft.amount)),
            ("amount_capturable", .integer(capturable)), ("amount_received", .integer(received)),
            ("canceled_at", canceledAt.json), ("cancellation_reason", cancellationReason.json),
            ("capture_method", .string(draft.captureMethod.rawValue)),
        ]
        members += [
            ("client_secret", .string("\(id)_secret_simulated")), ("confirmation_method", .string("automatic")),
            ("created", .integer(createdAt.unixSeconds)), ("currency", .string(draft.currency)), ("customer", .null),
            ("description", draft.description.json), ("last_payment_error", lastError), ("latest_charge", charge),
        ]
        members += [
            ("livemode", .bool(false)), ("metadata", .object(draft.metadata)), ("next_action", nextAction),
            ("payment_method", usableMethod), ("payment_method_types", .array([.string("card")])),
            ("status", .string(status.rawValue)),
        ]
        return .object(JSONObject(members))
    }

    private var nextAction: JSONValue {
        guard status == .requiresAction else { return .null }
        return .object(JSONObject([("type", .string("use_stripe_sdk")), ("use_stripe_sdk", .object(JSONObject()))]))
    }

    /// The charge of the intent. What is let go of a hold counts as refunded there, as Stripe counts it.
    private var chargeJSON: JSONValue {
        let released = status == .requiresCapture ? 0 : draft.amount - received
        let isRefunded = released + refunded == draft.amount
        let created = (authorizedAt ?? createdAt).unixSeconds
        var members: Members = [
            ("id", chargeID.json), ("object", .string("charge")), ("amount", .integer(draft.amount)),
            ("amount_captured", .integer(received)), ("amount_refunded", .integer(released + refunded)),
            ("captured", .bool(received > 0)), ("created", .integer(created)),
        ]
        members += [
            ("currency", .string(draft.currency)), ("livemode", .bool(false)), ("paid", .bool(true)),
            ("payment_intent", .string(id)), ("payment_method", method.json), ("refunded", .bool(isRefunded)),
            ("status", .string("succeeded")),
        ]
        return .object(JSONObject(members))
    }
}

extension Refund {
    fileprivate func json(_ intent: Intent, _ now: Timestamp, _ expansions: Set<String>) -> JSONValue {
        let expandsCharge = expansions.contains("payment_intent.latest_charge")
        let isExpanded = expandsCharge || expansions.contains("payment_intent")
        let payment: JSONValue = isExpanded ? intent.json(expandsCharge: expandsCharge) : .string(intent.id)
        let members: [(name: String, value: JSONValue)] = [
            ("id", .string(id)), ("object", .string("refund")), ("amount", .integer(amount)),
            ("charge", intent.chargeID.json), ("created", .integer(now.unixSeconds)),
            ("currency", .string(intent.draft.currency)), ("failure_reason", .null), ("payment_intent", payment),
            ("reason", .null), ("status", .string("succeeded")),
        ]
        return .object(JSONObject(members))
    }
}

extension Timestamp {
    fileprivate var unixSeconds: Int64 { microsecondsSince1970 / 1_000_000 }
}

extension Timestamp? {
    fileprivate var json: JSONValue { map { JSONValue.integer($0.unixSeconds) } ?? .null }
}

extension String? {
    fileprivate var json: JSONValue { map { JSONValue.string($0) } ?? .null }
}
