import JSON

/// Why a request was refused, in Stripe's form.
struct GatewayError: Error, Sendable {
    /// Stripe's kinds of errors.
    enum Kind: String {
        case api = "api_error"
        case card = "card_error"
        case idempotency = "idempotency_error"
        case invalidRequest = "invalid_request_error"
    }

    let status: Int
    let type: Kind
    var code: String?
    let message: String
    var parameter: String?
    var declineCode: String?
    /// The intent as the refusal left it.
    var intent: Intent?

    var json: JSONValue {
        var members: [(name: String, value: JSONValue)] = []
        if let code { members.append(("code", .string(code))) }
        if let declineCode { members.append(("decline_code", .string(declineCode))) }
        members.append(("message", .string(message)))
        if let parameter { members.append(("param", .string(parameter))) }
        if let intent { members.append(("payment_intent", intent.json())) }
        members.append(("type", .string(type.rawValue)))
        return .object(JSONObject(members))
    }

    /// `{"error": …}`.
    var body: [UInt8] { JSONWriter.object { $0.member("error", json) } }
}

extension GatewayError {
    static func invalid(_ parameter: String?, code: String? = nil, _ message: String) -> GatewayError {
        GatewayError(status: 400, type: .invalidRequest, code: code, message: message, parameter: parameter)
    }

    static func noSuchIntent(_ id: String, parameter: String) -> GatewayError {
        GatewayError(
            status: 404, type: .invalidRequest, code: "resource_missing", message: "No such payment_intent: '\(id)'",
            parameter: parameter)
    }

    static func unexpectedState(_ intent: Intent, _ message: String) -> GatewayError {
        GatewayError(
            status: 400, type: .invalidRequest, code: "payment_intent_unexpected_state", message: message,
            intent: intent)
    }

    static let keyMismatch = GatewayError(
        status: 400, type: .idempotency,
        message: "Keys for idempotent requests can only be used with the same parameters they were first used with.")

    static let keyInUse = GatewayError(
        status: 409, type: .idempotency, code: "idempotency_key_in_use",
        message: "There is another request in progress with this idempotency key.")

    static let lockTimeout = GatewayError(
        status: 429, type: .invalidRequest, code: "lock_timeout",
        message: "This object cannot be accessed right now because another request is accessing it.")

    static let tooManyRequests = GatewayError(
        status: 429, type: .invalidRequest, code: "rate_limit", message: "Too many requests hit the API too quickly.")

    static let failed = GatewayError(
        status: 500, type: .api, message: "An unknown error occurred; it was asked for.")
}
