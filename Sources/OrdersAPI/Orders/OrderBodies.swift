import CustomerLookup
import Digests
import JSON
import Telemetry
import WebApplication

private enum OrderRules {
    static let quantity = ValueRule.integer(in: OrderDraft.quantity)
    static let customer = ValueRule<JSONObject> { value in
        value.object.map { .success($0) }
            ?? .failure(ValueFailure(code: "type", detail: "Must be an object or null, not \(value.kindName)."))
    }
    /// As wide as the columns are. What the texts are made of is for the Customers API to say.
    static let customerName = ValueRule.text(length: 1...120)
    static let customerEmail = ValueRule.text(length: 3...254)
    static let customerPhone = ValueRule.text(length: 3...32)
    static let key = ValueRule.text(length: 1...IdempotencyKey.lengthMax)
        .parsed(code: "format", IdempotencyKey.rule) { IdempotencyKey($0)?.text }
}

extension OrderDraft: BodyDecodable {
    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        let customerID = reader.required("customer_id", .identifier)
        let items = reader.required("items", .objects(count: OrderDraft.lineCount)) ?? []
        var lines: [Line] = []
        for (index, item) in items.enumerated() {
            var itemReader = BodyReader(item, at: "/items/\(index)")
            let productID = itemReader.required("product_id", .identifier)
            let quantity = itemReader.required("qty", OrderRules.quantity)
            reader.absorb(itemReader)
            if let productID, let quantity { lines.append(Line(productID: productID, quantity: quantity)) }
        }
        guard reader.violations.isEmpty, let customerID else { throw .validationFailed(reader.violations) }
        guard let draft = OrderDraft(customerID: customerID, lines: lines) else {
            reader.reject(
                "items", "range", "The quantities of one product must not exceed \(OrderDraft.quantity.upperBound).")
            throw .validationFailed(reader.violations)
        }
        // The order of the lines, and how a product's pieces are spread over them, changes nothing.
        reader.canonicalize("items", as: .array(draft.lines.map(\.json)))
        self = draft
    }
}

extension SnapshotOrder: BodyDecodable {
    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        let customer = SnapshotOrder.customer(&reader)
        // What the Customers API said at that moment is no part of what is asked for: a repetition may have heard otherwise.
        reader.omit("customer")
        callersKey = reader.optional("idempotency_key", OrderRules.key)
        // Nor is this: a caller of an older version says nothing of it.
        reader.omit("idempotency_key")
        draft = try OrderDraft(&reader)
        self.customer = customer.map { [draft] in
            CustomerSnapshot(id: draft.customerID, name: $0.name, email: $0.email, phone: $0.phone)
        }
    }

    /// Nil for a null, and for a snapshot with a mistake.
    private static func customer(
        _ reader: inout BodyReader
    ) -> (name: String, email: String, phone: String)? {
        switch reader.change("customer", OrderRules.customer, isRemovable: true) {
        case .removed: return nil
        case .absent:
            if reader.violations.isEmpty { reader.reject("customer", "required", "This member is required.") }
            return nil
        case .value(let object):
            var snapshot = BodyReader(object, at: "/customer")
            let name = snapshot.required("name", OrderRules.customerName)
            let email = snapshot.required("email", OrderRules.customerEmail)
            let phone = snapshot.required("phone", OrderRules.customerPhone)
            reader.absorb(snapshot)
            guard let name, let email, let phone else { return nil }
            return (name, email, phone)
        }
    }
}

extension OrderDraft.Line {
    var json: JSONValue {
        .object(JSONObject([("product_id", .integer(productID)), ("qty", .integer(quantity))]))
    }
}

extension OrderFilter: ListFilter {
    init(_ query: inout QueryReader) {
        self.init(
            status: query.choice("status", Order.Status.self),
            customerID: query.integer("customer_id", in: ValueRule.identifiers),
            keyDigest: query.digest("idempotency_key", of: 1...IdempotencyKey.lengthMax, IdempotencyKey.rule) {
                IdempotencyKey($0) != nil
            },
            correlationDigest: query.digest(
                "correlation_id", of: 1...RequestHeaders.correlationIDLengthMax, RequestHeaders.correlationIDRule,
                RequestHeaders.isCorrelationID),
            from: query.timestamp("from"), to: query.timestamp("to"))
    }
}

extension QueryReader {
    /// The digest of a text by which orders are looked for.
    ///
    /// - Parameter rule: what is said of a text that is not valid.
    fileprivate mutating func digest(
        _ name: String, of length: ClosedRange<Int>, _ rule: String, _ isValid: (String) -> Bool
    ) -> [UInt8]? {
        guard let text = text(name, length: length) else { return nil }
        guard isValid(text) else {
            reject(name, "format", rule)
            return nil
        }
        return TextDigest.bytes(of: text)
    }
}

extension Order: Resource {
    static var idName: String { "order_id" }
}
