/// Reads outside of a transaction, each seeing what is committed at its time, on one lent connection.
///
/// Cannot be copied, and is only borrowed by the closure it is lent to: keeping it beyond does not compile.
package struct ReadSession<Failure: DatabaseFailure>: ~Copyable, SQLQuerying {
    private let session: Session

    init(_ session: Session) { self.session = session }

    package borrowing func query(_ sql: SQL) throws(Failure) -> [Row] {
        do throws(DatabaseError) { return try session.query(sql) } catch { throw Failure(error) }
    }
}
