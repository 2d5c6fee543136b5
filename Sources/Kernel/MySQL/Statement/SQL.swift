/// A statement and the values bound to it.
///
/// Written as a literal: `"SELECT id FROM customers WHERE email = \(email)"`. An interpolation always becomes a `?` with
/// a bound value, so a value can never become part of the statement. Only what stands in the source code is statement
/// text: literals are `StaticString`, and a text made at run time has no way in but as a value or as an `SQLIdentifier`.
package struct SQL: Sendable, Hashable {
    /// The statement with its `?`. Connections keep prepared statements under it.
    package internal(set) var text: StatementText
    /// One value for each `?`.
    package private(set) var values: [SQLValue]

    /// Adds a part of a statement. The parts' spaces are the caller's to place.
    package mutating func append(_ other: SQL) {
        text.append(other.text)
        values += other.values
    }

    package static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum.append(right)
        return sum
    }

    package static func += (left: inout SQL, right: SQL) { left.append(right) }
}

extension SQL: ExpressibleByStringInterpolation {
    package init(stringLiteral text: StaticString) {
        self.text = StatementText(text)
        values = []
    }

    package init(stringInterpolation: Interpolation) {
        text = stringInterpolation.text
        values = stringInterpolation.values
    }

    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var text: StatementText
        fileprivate var values: [SQLValue]

        package init(literalCapacity: Int, interpolationCount: Int) {
            text = StatementText(reserving: literalCapacity + interpolationCount)
            values = []
            values.reserveCapacity(interpolationCount)
        }

        package mutating func appendLiteral(_ literal: StaticString) { text.append(literal) }

        package mutating func appendInterpolation(_ value: some SQLBindable) {
            text.append("?")
            values.append(value.sqlValue)
        }

        /// `NULL` for nil.
        package mutating func appendInterpolation(_ value: (some SQLBindable)?) {
            text.append("?")
            values.append(value?.sqlValue ?? .null)
        }

        /// The right side of `IN`, with its brackets. An empty list becomes `(NULL)`, which equals nothing.
        ///
        /// The last element is repeated up to the next power of two: that changes nothing for `IN`, and lists of all
        /// lengths up to 64 then share 7 prepared statements instead of needing 64.
        package mutating func appendInterpolation(list: [some SQLBindable]) {
            guard !list.isEmpty else {
                text.append("(NULL)")
                return
            }
            let list = list.paddedToPowerOfTwo
            for (index, value) in list.enumerated() {
                text.append(index == 0 ? "(?" : ", ?")
                values.append(value.sqlValue)
            }
            text.append(")")
        }

        /// A piece of statement that the code chose among literals, such as the direction of an order.
        package mutating func appendInterpolation(literal: StaticString) { text.append(literal) }

        package mutating func appendInterpolation(_ identifier: SQLIdentifier) { text.append(identifier.quoted) }

        package mutating func appendInterpolation(_ part: SQL) {
            text.append(part.text)
            values += part.values
        }
    }
}

extension Array {
    /// The array with its last element repeated up to the next power of two. For what a repetition changes nothing of, statements
    /// of all lengths up to 64 then share 7 prepared ones.
    package var paddedToPowerOfTwo: [Element] {
        var count = 1
        while count < self.count { count *= 2 }
        guard let last, count > self.count else { return self }
        return self + Array(repeating: last, count: count - self.count)
    }

    /// The array in parts of powers of two of elements, for what must not be repeated, such as the rows of an INSERT: statements of all
    /// lengths share a few prepared ones.
    ///
    /// - Parameter countMax: a power of two, which no part has more elements than.
    package func partsOfPowersOfTwo(countMax: Int = 512) -> [ArraySlice<Element>] {
        var parts: [ArraySlice<Element>] = []
        var start = 0
        var length = countMax
        while start < count {
            while length > count - start { length /= 2 }
            parts.append(self[start..<start + length])
            start += length
        }
        return parts
    }
}

/// The name of a schema, a table or a column that is known only at run time.
package struct SQLIdentifier: Sendable, Hashable {
    package let name: String

    /// - Returns: nil unless `name` is 1 to 64 of the characters `A–Z a–z 0–9 _ $`, which need no escapes anywhere.
    package init?(_ name: String) {
        guard 1...64 ~= name.utf8.count, name.utf8.allSatisfy(SQLIdentifier.isAllowed) else { return nil }
        self.name = name
    }

    fileprivate var quoted: String { "`\(name)`" }

    private static func isAllowed(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
            true
        default: false
        }
    }
}
