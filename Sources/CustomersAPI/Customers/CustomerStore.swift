import DatabaseWebService
import MySQL
import Telemetry
import WordSearch

/// All SQL on customers.
struct CustomerStore {
    private static let columns: StaticString =
        "id, name, email, phone, identity_card, address, is_active, created_at, updated_at, version, erased_at"

    let index = WordIndex(of: "customers", in: "customer_words")

    /// - Throws: `.emailTaken`, `.identityCardTaken`.
    /// - Returns: the id.
    func insert(
        _ new: NewCustomer, at now: Timestamp, in transaction: borrowing Transaction<CustomerError>
    ) throws(CustomerError) -> Int64 {
        do {
            return try insertRow(new, at: now, in: transaction)
        } catch {
            throw try naming(error, email: new.email, identityCard: new.identityCard, in: transaction)
        }
    }

    /// As `insert`, for who makes something else of what the database reports.
    func insertRow<Failure: DatabaseFailure>(
        _ new: NewCustomer, at now: Timestamp, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Int64 {
        let id = try transaction.execute(
            """
            INSERT INTO customers (name, email, phone, identity_card, address, has_words, created_at, updated_at)
            VALUES (\(new.name), \(new.email.text), \(new.phone), \(new.identityCard), \(new.address), TRUE,
                \(now.databaseText), \(now.databaseText))
            """
        ).lastInsertID
        try index.insert(new.words, rowID: id, in: transaction)
        return id
    }

    /// Writes what a customer has been changed to, whose row the transaction holds.
    ///
    /// - Throws: `.emailTaken`, `.identityCardTaken`.
    func update(
        _ old: Customer, to customer: Customer, in transaction: borrowing Transaction<CustomerError>
    ) throws(CustomerError) {
        do {
            _ = try transaction.execute(
                """
                UPDATE customers SET name = \(customer.name), email = \(customer.email.text),
                    phone = \(customer.phone), identity_card = \(customer.identityCard),
                    address = \(customer.address), is_active = \(customer.isActive),
                    updated_at = \(customer.updatedAt.databaseText), version = \(customer.version)
                WHERE id = \(customer.id)
                """)
            try index.replace(old.words, with: customer.words, rowID: customer.id, in: transaction)
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

    /// The customer, with its row held until the transaction ends, and the database's time.
    func lock(
        id: Int64, in transaction: borrowing Transaction<CustomerError>
    ) throws(CustomerError) -> (customer: Customer, now: Timestamp)? {
        try transaction.queryFirst(
            "SELECT \(literal: CustomerStore.columns), \(SQL.now) FROM customers WHERE id = \(id) FOR UPDATE"
        ) { (row) throws(DatabaseError) in (try Customer(row), try row.timestamp("now")) }
    }

    /// The id of the customer with this address, with the row held until the transaction ends.
    func lock<Failure: DatabaseFailure>(
        email: Email, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Int64? {
        try transaction.queryFirst("SELECT id FROM customers WHERE email = \(email.text) FOR UPDATE") {
            (row) throws(DatabaseError) in try row.int64("id")
        }
    }

    /// Writes the words of customers that have none.
    func backfill(_ database: Database) -> WordBackfill {
        WordBackfill(index, database, columns: "name, email, phone, identity_card") { (row) throws(DatabaseError) in
            SearchWords(
                name: try row.string("name"), email: try row.string("email"), phone: try row.string("phone"),
                identityCard: try row.optionalString("identity_card"))
        }
    }

    func exists(email: Email, in session: borrowing ReadSession<CustomerError>) throws(CustomerError) -> Bool {
        try !session.query("SELECT id FROM customers WHERE email = \(email.text)").isEmpty
    }

    /// Up to `limit` customers with an id below `beforeID`, by descending id.
    ///
    /// - Throws: `.searchTooBroad`, `.searchNotReady`.
    func list(
        _ filter: CustomerFilter, beforeID: Int64?, limit: Int, in session: borrowing ReadSession<CustomerError>
    ) throws(CustomerError) -> [Customer] {
        if let search = filter.search {
            return try index.page(
                of: search, beforeID: beforeID, limit: limit, columns: CustomerStore.columns,
                where: filter.isActive.map { "is_active = \($0)" }, in: session, Customer.init)
        }
        var sql: SQL = "SELECT \(literal: CustomerStore.columns) FROM customers"
        // MariaDB would read this index from its newest entry down to the cursor; forced, it starts at the cursor.
        if filter.isActive != nil { sql.append(" FORCE INDEX (ix_customers_is_active)") }
        sql.append(" WHERE id < \(beforeID ?? Int64.max)")
        if let isActive = filter.isActive { sql.append(" AND is_active = \(isActive)") }
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
        guard let email = Email(try row.string("email"))
        else { throw .decoding("a row of customers holds a value that the service never writes") }
        self.init(
            id: try row.int64("id"), name: try row.string("name"), email: email, phone: try row.string("phone"),
            identityCard: try row.optionalString("identity_card"), address: try row.optionalString("address"),
            isActive: try row.bool("is_active"), createdAt: try row.timestamp("created_at"),
            updatedAt: try row.timestamp("updated_at"), version: try row.int64("version"),
            erasedAt: try row.optionalTimestamp("erased_at"))
    }
}
