import JSON
import WebApplication
import WordSearch

// What the bodies and queries of the contract must hold; every mistake of one is reported at once.

private enum ProductRules {
    static let sku = ValueRule.text(length: StockKeepingUnit.length)
        .parsed(code: "format", "Must have letters, digits, dots, underscores and hyphens only.", StockKeepingUnit.init)
    static let name = ValueRule.text(length: 1...120)
    static let description = ValueRule.text(length: 0...1000)
    static let priceCents = ValueRule.integer(in: Product.priceCents)
    static let stock = ValueRule.integer(in: Product.stock)
}

extension NewProduct: BodyDecodable {
    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        let sku = reader.required("sku", ProductRules.sku)
        let name = reader.required("name", ProductRules.name)
        let description = reader.optional("description", ProductRules.description)
        let priceCents = reader.required("price_cents", ProductRules.priceCents)
        let stock = reader.required("stock", ProductRules.stock)
        guard reader.violations.isEmpty, let sku, let name, let priceCents, let stock else {
            throw .validationFailed(reader.violations)
        }
        self.init(sku: sku, name: name, description: description, priceCents: priceCents, stock: stock)
    }
}

extension ProductChanges: BodyDecodable {
    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        // Orders take from it meanwhile: what somebody has read, and wants to set anew, is not there any more.
        reader.readOnly(
            "stock", "The stock is not set but adjusted, with POST /admin/products/{id}/adjust-stock.")
        self.init(
            sku: reader.change("sku", ProductRules.sku),
            name: reader.change("name", ProductRules.name),
            description: reader.change("description", ProductRules.description, isRemovable: true),
            priceCents: reader.change("price_cents", ProductRules.priceCents),
            isActive: reader.change("is_active", .boolean))
        if let problem = reader.problem { throw problem }
    }

    /// The change that `logic-delete` makes.
    static var deactivation: ProductChanges {
        ProductChanges(
            sku: .absent, name: .absent, description: .absent, priceCents: .absent, isActive: .value(false))
    }
}

extension ProductFilter: ListFilter {
    init(_ query: inout QueryReader) {
        self.init(
            search: query.search(), isActive: query.boolean("is_active"),
            stockMax: query.integer("stock_at_most", in: Product.stock))
    }
}

extension Product: Resource {
    static var idName: String { "product_id" }
    var entityTag: EntityTag? { EntityTag(version: version) }
}
