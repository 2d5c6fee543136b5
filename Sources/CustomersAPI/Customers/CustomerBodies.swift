import JSON
import WebApplication
import WordSearch

// What the bodies and queries of the contract must hold; every mistake of one is reported at once.

enum CustomerRules {
    static let name = ValueRule.text(length: 1...120)
    static let email = ValueRule.text(length: 3...Email.lengthMax)
        .parsed(code: "format", "Must be an e-mail address such as ana@example.com.", Email.init)
    static let phone = ValueRule.text(length: 3...32)
    static let identityCard = ValueRule.text(length: 1...32)
    static let address = ValueRule.text(length: 1...255)
}

extension NewCustomer: BodyDecodable {
    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        let name = reader.required("name", CustomerRules.name)
        let email = reader.required("email", CustomerRules.email)
        let phone = reader.required("phone", CustomerRules.phone)
        let identityCard = reader.optional("identity_card", CustomerRules.identityCard)
        let address = reader.optional("address", CustomerRules.address)
        guard reader.violations.isEmpty, let name, let email, let phone else {
            throw .validationFailed(reader.violations)
        }
        self.init(name: name, email: email, phone: phone, identityCard: identityCard, address: address)
    }
}

extension CustomerChanges: BodyDecodable {
    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        self.init(
            name: reader.change("name", CustomerRules.name),
            email: reader.change("email", CustomerRules.email),
            phone: reader.change("phone", CustomerRules.phone),
            identityCard: reader.change("identity_card", CustomerRules.identityCard, isRemovable: true),
            address: reader.change("address", CustomerRules.address, isRemovable: true),
            isActive: reader.change("is_active", .boolean))
        if let problem = reader.problem { throw problem }
    }

    /// The change that `logic-delete` makes.
    static var deactivation: CustomerChanges {
        CustomerChanges(
            name: .absent, email: .absent, phone: .absent, identityCard: .absent, address: .absent,
            isActive: .value(false))
    }
}

extension CustomerFilter: ListFilter {
    init(_ query: inout QueryReader) {
        self.init(search: query.search(), isActive: query.boolean("is_active"))
    }
}

extension Customer: Resource {
    static var idName: String { "customer_id" }
    var entityTag: EntityTag? { EntityTag(version: version) }
    static var hasConditionalReads: Bool { true }
}

extension ErasurePosition {
    /// Reads `from` and `after_id`; mistakes stay with the reader.
    init(_ query: inout QueryReader) {
        self.init(
            from: query.timestamp("from"),
            afterID: query.integer("after_id", in: 0...ValueRule<Int64>.identifiers.upperBound) ?? 0)
    }
}
