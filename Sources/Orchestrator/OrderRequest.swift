import HTTPMessages
import JSON
import WebApplication

/// What a caller asks the orchestrator for.
struct OrderRequest {
    let customerID: Int64
    let items: [(productID: Int64, quantity: Int64)]
    let key: IdempotencyKey

    private static let quantity = ValueRule.integer(in: 1...1_000_000)

    /// - Throws: a problem of status 400 for a key that is missing, malformed or sent twice with different values, or the
    ///   422 with all violations.
    init(_ request: Request, _ body: JSONObject) throws(Problem) {
        var reader = BodyReader(body)
        let keyText = reader.optional("idempotency_key", OrderRequest.anyText)
        // A key that is no text is one violation among others; any other flaw of the key is a problem of its own.
        let key = reader.violations.isEmpty ? try OrderRequest.key(request, keyText) : nil
        _ = reader.optional("correlation_id", OrderRequest.correlationText)
        let customerID = reader.required("customer_id", .identifier)
        items = OrderRequest.items(&reader)
        guard reader.violations.isEmpty, let key, let customerID else { throw .validationFailed(reader.violations) }
        self.key = key
        self.customerID = customerID
    }

    /// The `correlation_id` of a body, if there is a usable one.
    static func correlationID(_ body: JSONObject) -> String? {
        body["correlation_id"]?.string.flatMap { RequestHeaders.isCorrelationID($0) ? $0 : nil }
    }

    private static let correlationText = anyText.parsed(code: "format", RequestHeaders.correlationIDRule) {
        RequestHeaders.isCorrelationID($0) ? $0 : nil
    }

    private static let anyText = ValueRule<String> { value in
        value.string.map { .success($0) }
            ?? .failure(ValueFailure(code: "type", detail: "Must be a string, not \(value.kindName)."))
    }

    private static func key(_ request: Request, _ bodyText: String?) throws(Problem) -> IdempotencyKey {
        guard let key = try request.idempotencyKey(orInBody: bodyText) else { throw .idempotencyKeyMissing }
        return key
    }

    private static func items(_ reader: inout BodyReader) -> [(productID: Int64, quantity: Int64)] {
        var lines: [(productID: Int64, quantity: Int64)] = []
        for (index, item) in (reader.required("items", .objects(count: 1...200)) ?? []).enumerated() {
            var itemReader = BodyReader(item, at: "/items/\(index)")
            let productID = itemReader.required("product_id", .identifier)
            let quantity = itemReader.required("qty", quantity)
            reader.absorb(itemReader)
            if let productID, let quantity { lines.append((productID, quantity)) }
        }
        return lines
    }
}
