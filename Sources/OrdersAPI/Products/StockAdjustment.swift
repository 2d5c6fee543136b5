import JSON
import Telemetry

/// What came or went of a product, and why.
struct StockChange: Sendable {
    enum Reason: String, CaseIterable {
        /// What there was when the product's ledger began.
        case initial = "INITIAL"
        case receipt = "RECEIPT"
        case count = "COUNT"
        case damage = "DAMAGE"
        case `return` = "RETURN"
        case correction = "CORRECTION"
    }

    /// As much as a product can be made with, either way. 0 notes a count that found what was expected.
    static let delta = -Product.stock.upperBound...Product.stock.upperBound
    /// A sentence, or the number of a delivery note.
    static let noteLength = 1...255

    let delta: Int64
    let reason: Reason
    var note: String?
}

/// An entry of a product's ledger. What is on hand and what orders hold add up to the sum of its deltas.
struct StockAdjustment: JSONEncodable, Sendable {
    let id: Int64
    let productID: Int64
    let change: StockChange
    let createdAt: Timestamp

    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("product_id", productID)
            writer.member("delta", change.delta)
            writer.member("reason", change.reason.rawValue)
            writer.member("note", change.note)
            writer.member("created_at", createdAt.rfc3339)
        }
    }
}

extension Product {
    /// The product with `delta` more pieces on hand.
    ///
    /// - Throws: `.stockOutOfRange` if less than nothing would be left, or if an increase would leave more than `Product.stock`
    ///   has. Canceled orders may have brought it above that, which must not keep anybody from counting it down.
    func adjusted(by delta: Int64) throws(ProductError) -> Product {
        var adjusted = self
        adjusted.stock += delta
        guard adjusted.stock >= Product.stock.lowerBound, delta <= 0 || adjusted.stock <= Product.stock.upperBound
        else { throw .stockOutOfRange(onHand: stock, delta: delta) }
        return adjusted
    }
}
