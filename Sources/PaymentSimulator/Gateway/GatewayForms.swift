import HTTPMessages
import JSON
import WebApplication

// What the forms of the contract must hold. A parameter that the subset lacks is refused, as Stripe refuses one that it does not know.

extension Intent.Draft {
    /// Stripe's limits of metadata.
    private static let metadataCountMax = 50
    private static let metadataNameLengthMax = 40
    private static let metadataValueLengthMax = 500
    private static let descriptionLengthMax = 500

    /// - Throws: the 400 of the first mistake.
    init(_ form: FormFields) throws(GatewayError) {
        try form.allow(
            ["amount", "currency", "capture_method", "payment_method", "confirm", "description"],
            groups: ["payment_method_types", "metadata", "expand"])
        guard let amount = try form.integer("amount", in: Intent.amounts) else {
            throw .invalid("amount", code: "parameter_missing", "Missing required param: amount.")
        }
        guard let currency = form["currency"]?.lowercased() else {
            throw .invalid("currency", code: "parameter_missing", "Missing required param: currency.")
        }
        guard currency.utf8.count == 3, currency.utf8.allSatisfy({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }) else {
            throw .invalid("currency", "Invalid currency: \(currency)")
        }
        guard try !form.flag("confirm") else {
            throw .invalid("confirm", "The simulator confirms by /confirm only.")
        }
        guard form.list("payment_method_types").allSatisfy({ $0 == "card" }) else {
            throw .invalid("payment_method_types", "The simulator knows cards only.")
        }
        let captureText = form["capture_method"] ?? Intent.CaptureMethod.automatic.rawValue
        guard let captureMethod = Intent.CaptureMethod(rawValue: captureText) else {
            throw .invalid("capture_method", "Invalid capture_method: must be one of automatic or manual")
        }
        if let description = form["description"],
            description.unicodeScalars.count > Intent.Draft.descriptionLengthMax
        {
            throw .invalid("description", "Must have at most \(Intent.Draft.descriptionLengthMax) characters.")
        }
        self.init(
            amount: amount, currency: currency, captureMethod: captureMethod, method: try form.paymentMethod(),
            description: form["description"], metadata: try Intent.Draft.metadata(form))
    }

    private static func metadata(_ form: FormFields) throws(GatewayError) -> JSONObject {
        let members = form.members("metadata")
        guard members.count <= metadataCountMax else {
            throw .invalid("metadata", "Metadata can have up to \(metadataCountMax) keys.")
        }
        for member in members {
            guard 1...metadataNameLengthMax ~= member.name.unicodeScalars.count,
                member.value.unicodeScalars.count <= metadataValueLengthMax
            else {
                throw .invalid(
                    "metadata",
                    "Metadata keys can have up to \(metadataNameLengthMax) characters, values \(metadataValueLengthMax)."
                )
            }
        }
        return JSONObject(members.map { ($0.name, .string($0.value)) })
    }
}

extension IntentStep {
    static func confirm(_ form: FormFields) throws(GatewayError) -> IntentStep {
        try form.allow(["payment_method", "error_on_requires_action"], groups: ["expand"])
        return .confirm(
            method: try form.paymentMethod(), declinesAction: try form.flag("error_on_requires_action"))
    }

    static func capture(_ form: FormFields) throws(GatewayError) -> IntentStep {
        try form.allow(["amount_to_capture"], groups: ["expand"])
        return .capture(amount: try form.integer("amount_to_capture", in: Intent.amounts))
    }

    static func cancel(_ form: FormFields) throws(GatewayError) -> IntentStep {
        try form.allow(["cancellation_reason"], groups: ["expand"])
        let reason = form["cancellation_reason"]
        guard reason.map(cancellationReasons.contains) ?? true else {
            throw .invalid("cancellation_reason", "Invalid cancellation_reason: \(reason ?? "")")
        }
        return .cancel(reason: reason)
    }

    static func refund(_ form: FormFields) throws(GatewayError) -> IntentStep {
        try form.allow(["payment_intent", "amount"], groups: ["expand"])
        return .refund(amount: try form.integer("amount", in: Intent.amounts))
    }

    private static let cancellationReasons: Set = [
        "duplicate", "fraudulent", "requested_by_customer", "abandoned",
    ]
}

extension FormFields {
    fileprivate func paymentMethod() throws(GatewayError) -> String? {
        guard let method = self["payment_method"] else { return nil }
        guard TestCard(method) != nil else {
            throw .invalid(
                "payment_method", code: "resource_missing", "No such PaymentMethod: '\(method)'")
        }
        return method
    }

    /// The members that the answer is to have in full.
    ///
    /// - Throws: the 400 for one that is none of `expandable`.
    func expansions(among expandable: Set<String>) throws(GatewayError) -> Set<String> {
        let asked = list("expand")
        for name in asked where !expandable.contains(name) {
            throw .invalid("expand", "This property cannot be expanded (\(name)).")
        }
        return Set(asked)
    }
}

extension Request {
    /// The key of a change; nil where there is none.
    func gatewayKey() throws(GatewayError) -> String? {
        let values = headers.values(of: "Idempotency-Key")
        guard let first = values.first else { return nil }
        guard values.count == 1, let key = IdempotencyKey(first) else {
            throw .invalid(nil, "The Idempotency-Key must be one of 1 to 255 visible ASCII characters without a comma.")
        }
        return key.text
    }

    /// What this request asks to go wrong; nil where it asks for nothing.
    func fault() throws(GatewayError) -> Fault? {
        guard let value = headers["Simulator-Fault"] else { return nil }
        guard let fault = Fault(header: value) else {
            throw .invalid(nil, "There is no fault \(value).")
        }
        return fault
    }
}
