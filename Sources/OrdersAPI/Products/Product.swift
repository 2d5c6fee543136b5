import DatabaseWebService
import JSON
import Telemetry
import WordSearch

/// Something that can be ordered.
struct Product: VersionedRecord, Sendable {
    /// Just under 100 million in whole money: prices of machines fit, and a million of them still fit 64 bits.
    static let priceCents: ClosedRange<Int64> = 0...9_999_999_999
    /// What a product can be made with, and what an adjustment may leave: a thousand times the largest order of it.
    static let stock: ClosedRange<Int64> = 0...1_000_000_000

    let id: Int64
    var sku: StockKeepingUnit
    var name: String
    var description: String?
    var priceCents: Int64
    var stock: Int64
    var isActive: Bool
    let createdAt: Timestamp
    var updatedAt: Timestamp
    /// Counts the changes of what can be edited, from 1. The stock is not.
    var version: Int64

    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("sku", sku.text)
            writer.member("name", name)
            writer.member("description", description)
            writer.member("price_cents", priceCents)
            writer.member("stock", stock)
            writer.member("is_active", isActive)
            writer.member("created_at", createdAt.rfc3339)
            writer.member("updated_at", updatedAt.rfc3339)
        }
    }
}

/// The article number by which a product is known outside: letters, digits, `.`, `_` and `-`; case-sensitive.
struct StockKeepingUnit: Sendable, Equatable {
    static let length = 1...64

    let text: String

    init?(_ text: String) {
        guard StockKeepingUnit.length ~= text.utf8.count, text.utf8.allSatisfy(StockKeepingUnit.isAllowed)
        else { return nil }
        self.text = text
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// A product that has yet to be made.
struct NewProduct: Sendable {
    let sku: StockKeepingUnit
    let name: String
    let description: String?
    let priceCents: Int64
    let stock: Int64
}

extension Product {
    var words: SearchWords { SearchWords(name: name, sku: sku.text) }
}

extension NewProduct {
    var words: SearchWords { SearchWords(name: name, sku: sku.text) }
}

extension SearchWords {
    /// What a product is found by.
    init(name: String, sku: String) { self.init(texts: [name], codes: [sku]) }
}

/// What a merge patch changes.
struct ProductChanges: Sendable {
    var sku: PatchMember<StockKeepingUnit>
    var name: PatchMember<String>
    var description: PatchMember<String>
    var priceCents: PatchMember<Int64>
    var isActive: PatchMember<Bool>

    /// The product after the patch. One that changes nothing leaves `updatedAt` and `version` alone too.
    func applied(to product: Product, at now: Timestamp) -> Product {
        var changed = product
        changed.sku = sku.value(or: product.sku)
        changed.name = name.value(or: product.name)
        changed.description = description.optionalValue(or: product.description)
        changed.priceCents = priceCents.value(or: product.priceCents)
        changed.isActive = isActive.value(or: product.isActive)
        return changed.following(product, at: now)
    }
}

/// Which products a list shows.
struct ProductFilter: Sendable {
    /// The words of the name and the SKU.
    var search: SearchText?
    var isActive: Bool?
    /// No more pieces than this are on hand; nil for whatever there is.
    var stockMax: Int64?

    /// The text that a cursor is bound to. What a client chose freely stands last, so that no two filters share a text.
    var description: String {
        // Cursors from before there was this serve on.
        let list = stockMax.map { "products of at most \($0)" } ?? "products"
        return "\(list)|\(isActive.map(String.init) ?? "")|\(search?.text ?? "")"
    }
}
