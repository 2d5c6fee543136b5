import JSON
import WebApplication

extension DeliveryFilter: ListFilter {
    init(_ query: inout QueryReader) {
        self.init(
            endpointID: query.integer("endpoint_id", in: ValueRule.identifiers),
            state: query.choice("state", Delivery.State.self),
            orderID: query.integer("order_id", in: ValueRule.identifiers))
    }
}

/// The body of a redrive.
struct Redrive: BodyDecodable {
    let selection: DeliverySelection

    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        let endpointID = reader.optional("endpoint_id", .identifier)
        let orderID = reader.optional("order_id", .identifier)
        if let problem = reader.problem { throw problem }
        selection = DeliverySelection(state: .dead, endpointID: endpointID, orderID: orderID)
    }
}

/// The body of a discard.
struct Discard: BodyDecodable {
    private static let state = ValueRule.choice(of: [Delivery.State.pending, .dead])

    let selection: DeliverySelection

    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        let state = reader.required("state", Discard.state)
        let endpointID = reader.optional("endpoint_id", .identifier)
        let orderID = reader.optional("order_id", .identifier)
        guard reader.violations.isEmpty, let state else { throw .validationFailed(reader.violations) }
        selection = DeliverySelection(state: state, endpointID: endpointID, orderID: orderID)
    }
}

extension Delivery: Resource {
    static var idName: String { "delivery_id" }
}

extension DeliveryDetail: Resource {
    static var idName: String { Delivery.idName }
    var id: Int64 { delivery.id }
}
