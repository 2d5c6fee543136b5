import Concurrency
import DatabaseWebService
import Idempotency
import MySQL
import Telemetry

/// What can be done with customers. Each change and the reply to it commit together, or neither does.
struct CustomerService {
    let database: Database
    let store: CustomerStore
    let idempotency: IdempotencyStore

    /// - Throws: `.emailTaken`, `.identityCardTaken`.
    func create(
        _ new: NewCustomer, _ keeping: ReplyKeeping<Customer>, _ call: CallContext
    ) throws(CustomerError) -> Kept<Customer> {
        try idempotency.change(keeping, in: database, for: call) {
            (transaction: borrowing Transaction<CustomerError>) throws(CustomerError) in
            let now = try transaction.now()
            let id = try store.insert(new, at: now, in: transaction)
            return Customer(
                id: id, name: new.name, email: new.email, phone: new.phone, identityCard: new.identityCard,
                address: new.address, isActive: true, createdAt: now, updatedAt: now, version: 1)
        }
    }

    /// - Parameter expected: the versions that the changes are meant for.
    /// - Throws: `.notFound`, `.stale`, `.erased`, `.emailTaken`, `.identityCardTaken`.
    func update(
        id: Int64, _ changes: CustomerChanges, of expected: ExpectedVersion, _ keeping: ReplyKeeping<Customer>,
        _ call: CallContext
    ) throws(CustomerError) -> Kept<Customer> {
        try idempotency.change(keeping, in: database, for: call) {
            (transaction: borrowing Transaction<CustomerError>) throws(CustomerError) in
            guard let (customer, now) = try store.lock(id: id, in: transaction) else { throw .notFound }
            guard expected.permits(customer.version) else { throw .stale }
            guard customer.erasedAt == nil else { throw .erased }
            let changed = changes.applied(to: customer, at: now)
            if changed.version != customer.version { try store.update(customer, to: changed, in: transaction) }
            return changed
        }
    }

    /// - Throws: `.notFound`.
    func get(id: Int64, _ call: CallContext) throws(CustomerError) -> Customer {
        let customer = try database.read(for: call) {
            (session: borrowing ReadSession<CustomerError>) throws(CustomerError) in
            try store.find(id: id, in: session)
        }
        guard let customer else { throw .notFound }
        return customer
    }

    /// Whether somebody has this e-mail address.
    func exists(email: Email, by deadline: Deadline) throws(CustomerError) -> Bool {
        try database.read(by: deadline) { (session: borrowing ReadSession<CustomerError>) throws(CustomerError) in
            try store.exists(email: email, in: session)
        }
    }

    /// Customers below `beforeID`, newest first.
    ///
    /// - Throws: `.searchTooBroad`, `.searchNotReady`.
    func list(
        _ filter: CustomerFilter, beforeID: Int64?, limit: Int, _ call: CallContext
    ) throws(CustomerError) -> [Customer] {
        try database.read(.list, for: call) {
            (session: borrowing ReadSession<CustomerError>) throws(CustomerError) in
            try store.list(filter, beforeID: beforeID, limit: limit, in: session)
        }
    }
}
