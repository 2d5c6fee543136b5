import JSON
import WebApplication

/// What a customer wants to have ordered for them.
struct PlacedOrder: Sendable {
    let lines: [OrderDraft.Line]
    /// The gateway's name of the way of payment; nil for the one that the settings name.
    let paymentMethod: String?
}

private enum PlacementRules {
    static let quantity = ValueRule.integer(in: OrderDraft.quantity)
    static let key = ValueRule.text(length: 1...IdempotencyKey.lengthMax)
    /// As wide as its column is.
    static let paymentMethod = ValueRule.text(length: 1...64)
        .parsed(code: "format", "Must have letters, digits and underscores only.") { text in
            text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            } ? text : nil
        }
}

extension PlacedOrder: BodyDecodable {
    /// The member that may hold the key in place of the header, as the API that users come from has it.
    static let keyMember = "idempotencyKey"

    /// Reads `{"items": [{"product_id", "qty"}]}`, `{"items": [{"productId", "quantity"}]}` and `{"productId", "quantity"}`.
    ///
    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        let paymentMethod = reader.optional("payment_method", PlacementRules.paymentMethod)
        _ = reader.optional(PlacedOrder.keyMember, PlacementRules.key)
        let lines =
            reader.has("items") || !reader.has("productId") ? PlacedOrder.lines(&reader) : PlacedOrder.line(&reader)
        guard reader.violations.isEmpty else { throw .validationFailed(reader.violations) }
        // Whose order it is does not matter to how its lines are added up.
        guard let draft = OrderDraft(customerID: 1, lines: lines) else {
            reader.reject(
                "items", "range", "The quantities of one product must not exceed \(OrderDraft.quantity.upperBound).")
            throw .validationFailed(reader.violations)
        }
        // The order of the lines, their names, and how a product's pieces are spread over them change nothing.
        reader.omit(PlacedOrder.keyMember)
        reader.omit("productId")
        reader.omit("quantity")
        reader.canonicalize("items", as: .array(draft.lines.map(\.json)))
        self.init(lines: draft.lines, paymentMethod: paymentMethod)
    }

    private static func lines(_ reader: inout BodyReader) -> [OrderDraft.Line] {
        let items = reader.required("items", .objects(count: OrderDraft.lineCount)) ?? []
        var lines: [OrderDraft.Line] = []
        for (index, item) in items.enumerated() {
            var itemReader = BodyReader(item, at: "/items/\(index)")
            if let line = itemReader.has("product_id") || !itemReader.has("productId")
                ? line(&itemReader, "product_id", "qty") : line(&itemReader)
            {
                lines.append(line)
            }
            reader.absorb(itemReader)
        }
        return lines
    }

    private static func line(_ reader: inout BodyReader) -> [OrderDraft.Line] {
        line(&reader).map { [$0] } ?? []
    }

    private static func line(
        _ reader: inout BodyReader, _ productName: String = "productId", _ quantityName: String = "quantity"
    ) -> OrderDraft.Line? {
        let productID = reader.required(productName, .identifier)
        let quantity = reader.required(quantityName, PlacementRules.quantity)
        guard let productID, let quantity else { return nil }
        return OrderDraft.Line(productID: productID, quantity: quantity)
    }
}
