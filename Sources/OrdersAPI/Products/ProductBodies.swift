import HTTPServer
import JSON

// What the bodies of the contract must hold; every mistake of one is reported at once.

private let sku = ValueRule.text(length: StockKeepingUnit.length)
    .parsed(code: "format", "Must have letters, digits, dots, underscores and hyphens only.", StockKeepingUnit.init)
private let name = ValueRule.text(length: 1...120)
private let description = ValueRule.text(length: 0...1000)
private let priceCents = ValueRule.integer(in: Product.priceCents)
private let stock = ValueRule.integer(in: Product.stock)

extension NewProduct {
    /// - Throws: the 422 with all violations.
    init(_ body: JSONObject) throws(Problem) {
        var reader = BodyReader(body)
        let sku = reader.required("sku", sku)
        let name = reader.required("name", name)
        let description = reader.optional("description", description)
        let priceCents = reader.required("price_cents", priceCents)
        let stock = reader.required("stock", stock)
        guard reader.violations.isEmpty, let sku, let name, let priceCents, let stock else {
            throw .validationFailed(reader.violations)
        }
        self.init(sku: sku, name: name, description: description, priceCents: priceCents, stock: stock)
    }
}

extension ProductChanges {
    /// - Throws: the 422 with all violations.
    init(_ body: JSONObject) throws(Problem) {
        var reader = BodyReader(body)
        self.init(
            sku: reader.change("sku", OrdersAPI.sku),
            name: reader.change("name", OrdersAPI.name),
            description: reader.change("description", OrdersAPI.description, isRemovable: true),
            priceCents: reader.change("price_cents", OrdersAPI.priceCents),
            stock: reader.change("stock", OrdersAPI.stock),
            isActive: reader.change("is_active", .boolean))
        if let problem = reader.problem { throw problem }
    }

    /// The change that `logic-delete` makes.
    static var deactivation: ProductChanges {
        ProductChanges(
            sku: .absent, name: .absent, description: .absent, priceCents: .absent, stock: .absent,
            isActive: .value(false))
    }
}
