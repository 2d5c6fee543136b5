/// Names a column of a row, by its position from 0 or by its name: `row.int64(0)`, `row.int64("id")`.
package enum ColumnKey: Sendable, Hashable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    case position(Int)
    case name(String)

    package init(integerLiteral position: Int) { self = .position(position) }

    package init(stringLiteral name: String) { self = .name(name) }
}

/// One row of a result. Reading what it does not hold throws `DatabaseError.decoding`, with the column's name and never
/// its value.
package struct Row: Sendable {
    private let columns: [String]
    private let values: [SQLValue]

    init(columns: [String], values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    /// The columns' names, in the order of the statement.
    package var columnNames: [String] { columns }

    /// What the column holds, as it came.
    package func value(_ column: ColumnKey) throws(DatabaseError) -> SQLValue {
        let position =
            switch column {
            case .position(let position): position
            case .name(let name): columns.firstIndex(of: name) ?? -1
            }
        guard values.indices.contains(position) else {
            throw .decoding("there is no column \(name(of: column))")
        }
        return values[position]
    }

    package func int64(_ column: ColumnKey) throws(DatabaseError) -> Int64 {
        try present(optionalInt64(column), column)
    }

    package func optionalInt64(_ column: ColumnKey) throws(DatabaseError) -> Int64? {
        try decoded(column, "a 64-bit integer") { $0.asInteger() }
    }

    package func int(_ column: ColumnKey) throws(DatabaseError) -> Int { Int(try int64(column)) }

    package func optionalInt(_ column: ColumnKey) throws(DatabaseError) -> Int? {
        try optionalInt64(column).map { Int($0) }
    }

    package func uint64(_ column: ColumnKey) throws(DatabaseError) -> UInt64 {
        try present(optionalUInt64(column), column)
    }

    package func optionalUInt64(_ column: ColumnKey) throws(DatabaseError) -> UInt64? {
        try decoded(column, "an unsigned 64-bit integer") { $0.asInteger() }
    }

    package func double(_ column: ColumnKey) throws(DatabaseError) -> Double {
        try present(optionalDouble(column), column)
    }

    package func optionalDouble(_ column: ColumnKey) throws(DatabaseError) -> Double? {
        try decoded(column, "a number") { if case .real(let value) = $0 { value } else { nil } }
    }

    package func dateTime(_ column: ColumnKey) throws(DatabaseError) -> SQLDateTime {
        try present(optionalDateTime(column), column)
    }

    package func optionalDateTime(_ column: ColumnKey) throws(DatabaseError) -> SQLDateTime? {
        try decoded(column, "a date and a time") { if case .dateTime(let value) = $0 { value } else { nil } }
    }

    /// Text, or a decimal, a date or a time as the server writes it; bytes when they are UTF-8.
    package func string(_ column: ColumnKey) throws(DatabaseError) -> String {
        try present(optionalString(column), column)
    }

    package func optionalString(_ column: ColumnKey) throws(DatabaseError) -> String? {
        try decoded(column, "text") { value in
            switch value {
            case .text(let text): text
            case .dateTime(let dateTime): dateTime.text
            case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
            default: nil
            }
        }
    }

    /// The bytes of a binary column, or those of a text in UTF-8.
    package func bytes(_ column: ColumnKey) throws(DatabaseError) -> [UInt8] {
        try present(optionalBytes(column), column)
    }

    package func optionalBytes(_ column: ColumnKey) throws(DatabaseError) -> [UInt8]? {
        try decoded(column, "bytes") { value in
            switch value {
            case .bytes(let bytes): bytes
            case .text(let text): Array(text.utf8)
            case .dateTime(let dateTime): Array(dateTime.text.utf8)
            default: nil
            }
        }
    }

    /// 0 or 1; any other number is a decoding error.
    package func bool(_ column: ColumnKey) throws(DatabaseError) -> Bool {
        try present(optionalBool(column), column)
    }

    package func optionalBool(_ column: ColumnKey) throws(DatabaseError) -> Bool? {
        try decoded(column, "0 or 1") { value in
            switch value.asInteger() as Int64? {
            case 0: false
            case 1: true
            default: nil
            }
        }
    }

    private func decoded<T>(
        _ column: ColumnKey, _ expected: String, _ decode: (SQLValue) -> T?
    ) throws(DatabaseError) -> T? {
        let value = try value(column)
        if case .null = value { return nil }
        guard let decoded = decode(value) else { throw .decoding("column \(name(of: column)) is not \(expected)") }
        return decoded
    }

    private func present<T>(_ value: T?, _ column: ColumnKey) throws(DatabaseError) -> T {
        guard let value else { throw .decoding("column \(name(of: column)) is NULL") }
        return value
    }

    private func name(of column: ColumnKey) -> String {
        switch column {
        case .position(let position): columns.indices.contains(position) ? columns[position] : "\(position)"
        case .name(let name): name
        }
    }
}

extension SQLValue {
    /// A whole number that fits. `SUM` of integers comes as a decimal's text, hence the text case.
    fileprivate func asInteger<Integer: FixedWidthInteger>() -> Integer? {
        switch self {
        case .integer(let value): Integer(exactly: value)
        case .unsigned(let value): Integer(exactly: value)
        case .text(let text): Integer(text)
        case .null, .real, .dateTime, .bytes: nil
        }
    }
}
