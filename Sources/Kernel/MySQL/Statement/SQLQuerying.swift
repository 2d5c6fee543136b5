/// Something that can be asked for rows: a `ReadSession` or a `Transaction`.
///
/// A store's finder takes `borrowing some SQLQuerying<RoomError> & ~Copyable` and so works inside and outside of a
/// transaction.
package protocol SQLQuerying<Failure>: ~Copyable {
    associatedtype Failure: DatabaseFailure

    /// All rows of a statement that returns rows.
    ///
    /// Name the columns in the statement instead of writing `*`: a connection that prepared it before may go on with the
    /// old names when a table was altered.
    ///
    /// - Throws: the service's error, made from the `DatabaseError`: `deadlineExceeded` without asking the server when the
    ///   time is up, `statement` with code 0 for a statement that returns no rows, which is not sent.
    borrowing func query(_ sql: SQL) throws(Failure) -> [Row]
}

extension SQLQuerying where Self: ~Copyable {
    /// All rows, each read by `decode`. Its error becomes the service's own, like those of the statement.
    package borrowing func query<T>(
        _ sql: SQL, _ decode: (Row) throws(DatabaseError) -> T
    ) throws(Failure) -> [T] {
        let rows = try query(sql)
        var values: [T] = []
        values.reserveCapacity(rows.count)
        do throws(DatabaseError) {
            for row in rows { values.append(try decode(row)) }
        } catch {
            throw Failure(error)
        }
        return values
    }

    /// The first row, read by `decode`, or nil when there is none.
    package borrowing func queryFirst<T>(
        _ sql: SQL, _ decode: (Row) throws(DatabaseError) -> T
    ) throws(Failure) -> T? {
        guard let row = try query(sql).first else { return nil }
        do throws(DatabaseError) { return try decode(row) } catch { throw Failure(error) }
    }
}

/// What a statement that returns no rows did.
package struct StatementResult: Sendable, Hashable {
    /// Rows changed: for an UPDATE those whose content differs now, not those that the WHERE met.
    package let affectedRows: Int
    /// The value of `AUTO_INCREMENT` that was given out, or 0.
    package let lastInsertID: Int64
}
