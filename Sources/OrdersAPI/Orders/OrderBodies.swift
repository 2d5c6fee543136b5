import JSON
import Telemetry
import WebApplication

private enum OrderRules {
    static let quantity = ValueRule.integer(in: OrderDraft.quantity)
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

extension OrderDraft.Line {
    fileprivate var json: JSONValue {
        .object(JSONObject([("product_id", .integer(productID)), ("qty", .integer(quantity))]))
    }
}

extension OrderFilter: ListFilter {
    init(_ query: inout QueryReader) {
        self.init(
            status: query.choice("status", Order.Status.self),
            customerID: query.integer("customer_id", in: ValueRule.identifiers),
            from: query.timestamp("from"), to: query.timestamp("to"))
    }
}

extension Order: Resource {}
