import MySQL
import Telemetry

/// All SQL on customers.
struct CustomerStore {
    private static let columns: StaticString =
        "id, name, email, phone, identity_card, address, is_active, created_at, updated_at"

    /// - Throws: `.emailTaken`, `.identityCardTaken`.
    /// - Returns: the id.
    func insert(
        _ new: NewCustomer, at now: Timestamp, in transaction: borrowing Transaction<CustomerError>
    ) throws(CustomerError) -> Int64 {
        do {
            return try transaction.execute(
                """
                INSERT INTO customers (name, email, phone, identity_card, address, created_at, updated_at)
                VALUES (\(new.name), \(new.email.text), \(new.phone), \(new.identityCard), \(new.address),
                    \(now.databaseText), \(now.databaseText))
                """
            ).lastInsertID
        } catch {
            throw try naming(error, email: new.email, identityCard: new.identityCard, in: transaction)
        }
    }

    /// - Throws: `.emailTaken`, `.identityCardTaken`.
    func update(
        _ customer: Customer, in transaction: borrowing Transaction<CustomerError>
    ) throws(CustomerError) {
        do {
            _ = try transaction.execute(
                """
                UPDATE customers SET name = \(customer.name), email = \(customer.email.text),
                    phone = \(customer.phone), identity_card = \(customer.identityCard),
                    address = \(customer.address), is_active = \(customer.isActive),
                    updated_at = \(customer.updatedAt.databaseText)
                WHERE id = \(customer.id)
                """)
        } catch {
            throw try naming(error, email: customer.email, identityCard: customer.identityCard, in: transaction)
        }
    }

    func find<Query: SQLQuerying & ~Copyable>(
        id: Int64, in session: borrowing Query
    ) throws(CustomerError) -> Customer? where Query.Failure == CustomerError {
        try session.queryFirst(
            "SELECT \(literal: CustomerStore.columns) FROM customers WHERE id = \(id)", Customer.init)
    }

    /// The customer, with its row held until the transaction ends.
    func lock(
        id: Int64, in transaction: borrowing Transaction<CustomerError>
    ) throws(CustomerError) -> Customer? {
        try transaction.queryFirst(
            "SELECT \(literal: CustomerStore.columns) FROM customers WHERE id = \(id) FOR UPDATE", Customer.init)
    }

    /// Up to `limit` customers with an id below `beforeID`, by descending id.
    func list(
        _ filter: CustomerFilter, beforeID: Int64?, limit: Int, in session: borrowing ReadSession<CustomerError>
    ) throws(CustomerError) -> [Customer] {
        var sql: SQL = "SELECT \(literal: CustomerStore.columns) FROM customers"
        // MariaDB would read this index from its newest entry down to the cursor; forced, it starts at the cursor.
        if filter.isActive != nil { sql.append(" FORCE INDEX (ix_customers_is_active)") }
        sql.append(" WHERE id < \(beforeID ?? Int64.max)")
        if let isActive = filter.isActive { sql.append(" AND is_active = \(isActive)") }
        if let search = filter.search {
            let pattern = SQL.containsPattern(search)
            sql.append(
                """
                 AND (name LIKE \(pattern) ESCAPE '|' OR email LIKE \(pattern) ESCAPE '|'
                OR phone LIKE \(pattern) ESCAPE '|' OR identity_card COLLATE utf8mb4_unicode_ci LIKE \(pattern) ESCAPE '|')
                """)
        }
        sql.append(" ORDER BY id DESC LIMIT \(limit)")
        return try session.query(sql, Customer.init)
    }

    /// The error, with the customer who has what was asked for.
    private func naming(
        _ error: CustomerError, email: Email, identityCard: String?,
        in transaction: borrowing Transaction<CustomerError>
    ) throws(CustomerError) -> CustomerError {
        switch error {
        case .database(.duplicateKey("uq_customers_email")):
            .emailTaken(by: try holder("email = \(email.text)", in: transaction))
        case .database(.duplicateKey("uq_customers_identity_card")):
            .identityCardTaken(by: try holder("identity_card = \(identityCard)", in: transaction))
        default: error
        }
    }

    private func holder(
        _ condition: SQL, in transaction: borrowing Transaction<CustomerError>
    ) throws(CustomerError) -> CustomerError.Holder? {
        var sql: SQL = "SELECT id, is_active FROM customers WHERE "
        sql.append(condition)
        return try transaction.queryFirst(sql) { (row) throws(DatabaseError) in
            CustomerError.Holder(id: try row.int64("id"), isActive: try row.bool("is_active"))
        }
    }
}

extension Customer {
    fileprivate init(_ row: Row) throws(DatabaseError) {
        guard let email = Email(try row.string("email")),
            let createdAt = Timestamp(try row.string("created_at")),
            let updatedAt = Timestamp(try row.string("updated_at"))
        else { throw .decoding("a row of customers holds a value that the service never writes") }
        self.init(
            id: try row.int64("id"), name: try row.string("name"), email: email, phone: try row.string("phone"),
            identityCard: try row.optionalString("identity_card"), address: try row.optionalString("address"),
            isActive: try row.bool("is_active"), createdAt: createdAt, updatedAt: updatedAt)
    }
}
