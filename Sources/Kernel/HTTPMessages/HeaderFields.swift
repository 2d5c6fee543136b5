internal import JSON

/// Header fields in the order they came; names are compared without regard to case (RFC 9110 section 5.1).
public struct HeaderFields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// One line of a header.
    public struct Field: Sendable, Equatable {
        /// As it was spelled.
        public let name: String
        /// Without blanks around it.
        public let value: String

        /// A field as it is to stand.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// All of them, in order.
    public private(set) var fields: [Field]

    /// The fields in this order.
    public init(_ fields: [Field] = []) { self.fields = fields }

    /// `["Content-Type": "text/plain"]`.
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The first value of a name. Setting replaces every field of that name; setting nil removes them.
    public subscript(name: String) -> String? {
        get { fields.first { HeaderFields.sameName($0.name, name) }?.value }
        set {
            if fields.contains(where: { HeaderFields.sameName($0.name, name) }) {
                fields.removeAll { HeaderFields.sameName($0.name, name) }
            }
            if let newValue { fields.append(Field(name: name, value: newValue)) }
        }
    }

    /// Every value of a name, in order.
    public func values(of name: String) -> [String] {
        fields.filter { HeaderFields.sameName($0.name, name) }.map(\.value)
    }

    /// Adds a field, whether or not there is one of its name.
    public mutating func append(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

    /// Whether two names are one (RFC 9110 section 5.1).
    public static func sameName(_ left: String, _ right: String) -> Bool {
        // A field is mostly spelled as it is looked up, and this comparison is of memory.
        left.utf8.count == right.utf8.count && (left.hasSameBytes(as: right) || HTTPSyntax.isSame(left, right))
    }

    /// The members of a list in one field's value, without the blanks around them (RFC 9110 section 5.6.1). Empty ones are
    /// among them.
    package static func members(
        of value: String, separator: Unicode.Scalar = ","
    ) -> [Substring] {
        value.utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false).map { member in
            var member = member
            while let first = member.first, HTTPSyntax.isBlank(first) { member.removeFirst() }
            while let last = member.last, HTTPSyntax.isBlank(last) { member.removeLast() }
            return Substring(member)
        }
    }
}
