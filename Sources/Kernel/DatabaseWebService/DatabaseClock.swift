package import MySQL
package import Telemetry

// One clock decides about everything that is stored, the database's: instances of a service run on many machines, and a
// clock that is days off would expire keys and orders, or keep them for ever. A process's own clock is for its log lines.
extension SQL {
    /// The database's time, as the column `now` that an operation's first read returns beside its rows.
    ///
    /// It is the time at which the statement began.
    package static let now: SQL = "UTC_TIMESTAMP(6) AS now"
}

extension Row {
    /// A moment, from a `DATETIME(6)` in UTC.
    ///
    /// - Throws: `decoding` where the column holds none.
    package func timestamp(_ column: ColumnKey) throws(DatabaseError) -> Timestamp {
        try Row.timestamp(try dateTime(column))
    }

    /// As `timestamp`; nil for NULL.
    package func optionalTimestamp(_ column: ColumnKey) throws(DatabaseError) -> Timestamp? {
        guard let held = try optionalDateTime(column) else { return nil }
        return try Row.timestamp(held)
    }

    private static func timestamp(_ held: SQLDateTime) throws(DatabaseError) -> Timestamp {
        let timestamp = Timestamp(
            year: held.year, month: held.month, day: held.day, hour: held.hour, minute: held.minute,
            second: held.second, microsecond: held.microsecond)
        guard let timestamp else { throw .decoding("a column does not hold a time") }
        return timestamp
    }
}

extension SQLQuerying where Self: ~Copyable {
    /// The database's time, for an operation that reads nothing before it writes.
    package borrowing func now() throws(Failure) -> Timestamp {
        guard
            let now = try queryFirst("SELECT \(SQL.now)", { (row) throws(DatabaseError) in try row.timestamp("now") })
        else { throw Failure(.decoding("the database does not tell the time")) }
        return now
    }
}
