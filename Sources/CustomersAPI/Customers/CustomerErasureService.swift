import DatabaseWebService
import Idempotency
import JSON
import MySQL
import Telemetry

/// Erases the personal data of customers, for good, in one transaction; what other services have of it they erase themselves, once they
/// have read in the list of those who were erased.
struct CustomerErasureService {
    /// Whose replies tell of a customer.
    private static let operations = ["createCustomer", "deactivateCustomer", "updateCustomer"]
    /// 1,000 replies a statement: a few milliseconds.
    private static let pageSize = 1000

    let database: Database
    let customers: CustomerStore
    let store: CustomerErasureStore
    let idempotency: IdempotencyStore

    /// Erases a customer's personal data; one that is erased already is left as it stands.
    ///
    /// Whoever changes the customer holds its row before a key is written, so that no reply is kept meanwhile that is not found here.
    ///
    /// - Throws: `.notFound`, `.stale`.
    func erase(
        id: Int64, _: CustomerErasure, of expected: ExpectedVersion, _ keeping: ReplyKeeping<Customer>,
        _ call: CallContext
    ) throws(CustomerError) -> Kept<Customer> {
        let kept = try idempotency.change(keeping, in: database, for: call) {
            (transaction: borrowing Transaction<CustomerError>) throws(CustomerError) in
            guard let (customer, now) = try customers.lock(id: id, in: transaction) else { throw .notFound }
            guard expected.permits(customer.version) else { throw .stale }
            guard customer.erasedAt == nil else { return customer }
            let erased = customer.erased(at: now)
            try store.erase(customer, to: erased, in: transaction)
            try eraseReplies(of: id, in: transaction)
            return erased
        }
        call.logger.info("customer erased", ["customer_id": id])
        return kept
    }

    /// Customers who were erased, the earliest first.
    func list(
        from position: ErasurePosition, limit: Int, _ call: CallContext
    ) throws(CustomerError) -> [ErasedCustomer] {
        try database.read(.list, for: call) {
            (session: borrowing ReadSession<CustomerError>) throws(CustomerError) in
            try store.list(from: position, limit: limit, in: session)
        }
    }

    /// Puts nulls in place of the personal data in the replies that keys keep of a customer.
    private func eraseReplies(
        of id: Int64, in transaction: borrowing Transaction<CustomerError>
    ) throws(CustomerError) {
        // A creation's key does not name the customer; where the reply leads to does. The others' scopes end with the id.
        let (location, scopeEnd) = ("/admin/customers/find-one/\(id)", String(id))
        let condition: SQL = "location = \(location) OR SUBSTRING_INDEX(scope, ':', -1) = \(scopeEnd)"
        for operation in CustomerErasureService.operations {
            try idempotency.rewriteReplies(
                ofOperation: operation, where: condition, pageSize: CustomerErasureService.pageSize, in: transaction
            ) { body in CustomerErasureService.erased(body, id: id) }
        }
    }

    /// - Returns: nil for what tells of nobody, or of somebody else.
    private static func erased(_ body: [UInt8], id: Int64) -> [UInt8]? {
        guard let reply = try? JSONParser.parse(body).object, let customer = reply["data"]?.object,
            customer["id"] == .integer(id)
        else { return nil }
        let erased = Customer.personalMembers.reduce(customer) { $0.replacing($1, with: .null) }
        return JSONWriter.bytes(of: JSONValue.object(reply.replacing("data", with: .object(erased))))
    }
}
