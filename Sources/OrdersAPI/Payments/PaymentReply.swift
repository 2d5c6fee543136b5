import CurlHTTPClient
import HTTPMessages
import JSON

/// A success of the gateway: what the one who asked makes an intent of.
struct PaymentReply {
    /// 500 bytes of the gateway's own sentence: what `last_error` keeps.
    private static let detailBytesMax = 500

    private let json: JSONValue

    /// - Throws: what the answer means where it is no success.
    init(_ response: Response) throws(PaymentError) {
        let isKept = response.headers["Idempotent-Replayed"] == "true"
        let json = try? JSONParser.parse(response.body)
        switch response.status.code {
        case 200..<300:
            guard let json else {
                throw .outcomeUnknown(isKept: isKept, reason: "the answer \(response.status) is no JSON.")
            }
            self.json = json
        case 500...:
            throw .outcomeUnknown(isKept: isKept, reason: "it answered \(response.status).")
        default: throw PaymentReply.refusal(response, json?["error"])
        }
    }

    /// - Parameter id: the intent's that was asked for; nil for one that is new.
    /// - Throws: `outcomeUnknown` where the answer is no intent, or another one.
    func intent(id: String? = nil) throws(PaymentError) -> PaymentIntent { try PaymentReply.intent(json, id: id) }

    /// The intent that a refund is of.
    ///
    /// - Throws: `invalid` where the refund was made and has failed: nothing was given back. `outcomeUnknown` as `intent`.
    func refundedIntent(id: String) throws(PaymentError) -> PaymentIntent {
        guard json["object"]?.string == "refund", let status = json["status"]?.string,
            let intent = json["payment_intent"]
        else { throw PaymentReply.unreadable }
        guard status != "failed", status != "canceled" else {
            throw .invalid(
                code: json["failure_reason"]?.string, detail: "The refund is \(status).")
        }
        return try PaymentReply.intent(intent, id: id)
    }

    private static let unreadable = PaymentError.outcomeUnknown(
        isKept: false, reason: "the answer is not the object that was asked for.")

    private static func intent(_ json: JSONValue, id: String?) throws(PaymentError) -> PaymentIntent {
        guard let intent = PaymentIntent(json), id == nil || intent.id == id else { throw unreadable }
        return intent
    }

    /// What an answer of neither 2xx nor 5xx means.
    private static func refusal(_ response: Response, _ error: JSONValue?) -> PaymentError {
        let code = error?["code"]?.string
        let detail = String(decoding: (error?["message"]?.string ?? "").utf8.prefix(detailBytesMax), as: UTF8.self)
        guard let type = error?["type"]?.string else {
            // The two that gateways and proxies in front of them answer alike, whatever their body.
            if response.status.code == 401 || response.status.code == 403 {
                return .unauthorized(detail: "it answered \(response.status).")
            }
            if response.status.code == 429 { return .throttled(retryAfterSeconds: RetryAfter.seconds(response)) }
            return .notTheGateway(detail: "it answered \(response.status), without an error of the gateway's form.")
        }
        switch response.status.code {
        case 401, 403: return .unauthorized(detail: detail)
        // A lock on the intent that lasts too long is answered 429, and is no matter of how many requests there are.
        case 409: return .inProgress
        case 429 where code == "lock_timeout": return .inProgress
        case 429: return .throttled(retryAfterSeconds: RetryAfter.seconds(response))
        // Somebody's failure (424: one behind the gateway), which says nothing of the values that were sent.
        case _ where type == "api_error": return .throttled(retryAfterSeconds: RetryAfter.seconds(response))
        case _ where type == "idempotency_error": return .keyMismatch
        case 402 where type == "card_error":
            return .declined(code: error?["decline_code"]?.string ?? code ?? "card_declined")
        case _ where code == "resource_missing" && intentParameters.contains(error?["param"]?.string ?? ""):
            return .notFound
        default: break
        }
        if let code, statesCodes.contains(code) {
            return .unexpectedState(error?["payment_intent"]?["status"]?.string.map(PaymentIntent.Status.init))
        }
        return .invalid(code: code, detail: detail)
    }

    /// How the gateway calls the intent that a call names.
    private static let intentParameters: Set = ["intent", "payment_intent"]

    /// What the gateway says where an intent is not in the state that a call needs.
    private static let statesCodes: Set<String> = [
        "payment_intent_unexpected_state", "capture_charge_authorization_expired", "charge_expired_for_capture",
        "charge_already_captured", "charge_already_refunded", "charge_not_refundable",
    ]
}
