/// A value on its way to or from the database.
package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    /// Only what `BIGINT UNSIGNED` and its smaller kin hold.
    case unsigned(UInt64)
    case real(Double)
    /// Only what `DATETIME` and `TIMESTAMP` hold. It may be sent as text, too.
    case dateTime(SQLDateTime)
    /// Text, and all types that cross as text: `DECIMAL`, `DATE`, `TIME`.
    case text(String)
    /// `BINARY`, `VARBINARY`, `BLOB` and `BIT`.
    case bytes([UInt8])
}

/// A type whose values can be bound to a statement. A service's identifiers conform by handing on what they hold.
package protocol SQLBindable {
    var sqlValue: SQLValue { get }
}

extension Int: SQLBindable {
    package var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension Int64: SQLBindable {
    package var sqlValue: SQLValue { .integer(self) }
}

extension UInt64: SQLBindable {
    package var sqlValue: SQLValue { .unsigned(self) }
}

extension Double: SQLBindable {
    package var sqlValue: SQLValue { .real(self) }
}

extension Bool: SQLBindable {
    /// 1 or 0, as `BOOLEAN` (`TINYINT`) holds it.
    package var sqlValue: SQLValue { .integer(self ? 1 : 0) }
}

extension String: SQLBindable {
    package var sqlValue: SQLValue { .text(self) }
}

extension [UInt8]: SQLBindable {
    package var sqlValue: SQLValue { .bytes(self) }
}
