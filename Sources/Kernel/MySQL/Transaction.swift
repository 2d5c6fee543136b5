/// A transaction that is under way: what it does takes effect when the closure it is lent to returns, or not at all.
///
/// Cannot be copied, and is only borrowed by that closure: keeping it beyond does not compile.
package struct Transaction<Failure: DatabaseFailure>: ~Copyable, SQLQuerying {
    private let session: Session

    init(_ session: Session) { self.session = session }

    package borrowing func query(_ sql: SQL) throws(Failure) -> [Row] {
        do throws(DatabaseError) { return try session.query(sql) } catch { throw Failure(error) }
    }

    /// Runs a statement that returns no rows. Not for statements that alter tables, which commit by themselves.
    ///
    /// - Throws: the service's error, made from the `DatabaseError`. After `duplicateKey`, `outOfRange`, `dataTooLong` and
    ///   `statement` the transaction goes on and the body may act on it; after any other it is over, whatever the body
    ///   does, and each further call throws the same.
    @discardableResult
    package borrowing func execute(_ sql: SQL) throws(Failure) -> StatementResult {
        do throws(DatabaseError) { return try session.execute(sql) } catch { throw Failure(error) }
    }
}
