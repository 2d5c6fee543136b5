import DatabaseWebService
import MySQL
import Telemetry
import WordSearch

/// All SQL that erases a customer's personal data.
struct CustomerErasureStore {
    let index: WordIndex

    /// Erases what this service knows of a customer, whose row the transaction holds: the row itself, the words it is found by, the
    /// account with its sessions and addresses, and the registrations under the e-mail address that it had.
    func erase(
        _ customer: Customer, to erased: Customer, in transaction: borrowing Transaction<CustomerError>
    ) throws(CustomerError) {
        try transaction.execute("DELETE FROM registrations WHERE email = \(customer.email.text)")
        // Takes the sessions and the known addresses along.
        try transaction.execute("DELETE FROM credentials WHERE customer_id = \(customer.id)")
        try transaction.execute(
            """
            UPDATE customers SET name = \(erased.name), email = \(erased.email.text), phone = \(erased.phone),
                identity_card = \(erased.identityCard), address = \(erased.address), is_active = \(erased.isActive),
                updated_at = \(erased.updatedAt.databaseText), version = \(erased.version),
                erased_at = \(erased.erasedAt?.databaseText)
            WHERE id = \(erased.id)
            """)
        try index.replace(customer.words, with: .none, rowID: customer.id, in: transaction)
    }

    /// Up to `limit` erased customers, the earliest first.
    func list(
        from position: ErasurePosition, limit: Int, in session: borrowing ReadSession<CustomerError>
    ) throws(CustomerError) -> [ErasedCustomer] {
        var sql: SQL = "SELECT id, erased_at FROM customers FORCE INDEX (ix_customers_erased_at) WHERE "
        if let from = position.from {
            sql.append(
                """
                (erased_at > \(from.databaseText) OR erased_at = \(from.databaseText) AND id > \(position.afterID))
                """)
        } else {
            sql.append("erased_at IS NOT NULL")
        }
        sql.append(" ORDER BY erased_at, id LIMIT \(limit)")
        return try session.query(sql) { (row) throws(DatabaseError) in
            ErasedCustomer(id: try row.int64("id"), erasedAt: try row.timestamp("erased_at"))
        }
    }
}

extension SearchWords {
    /// What is found by nothing.
    fileprivate static let none = SearchWords(texts: [], codes: [])
}
