/// A parsed JSON text (RFC 8259).
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number without a fractional part that fits 64 bits, however it was written: `2`, `2.0` and `2e0` are one value.
    case integer(Int64)
    /// Any other number, as it was written: this product counts in whole cents and pieces, and rounds nothing.
    case decimal(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The text; nil for any other kind.
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }
    /// The whole number; nil for any other kind.
    public var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }
    /// The truth value; nil for any other kind.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }
    /// The elements; nil for any other kind.
    public var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }
    /// The members; nil for any other kind.
    public var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The member of an object; nil for a member that is absent and for any other kind of value.
    public subscript(name: String) -> JSONValue? { object?[name] }

    /// Whether the kinds and the values are the same; texts and names by their bytes, members in the same order.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.decimal(let left), .decimal(let right)), (.string(let left), .string(let right)):
            left.hasSameBytes(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        case (.null, _), (.bool, _), (.integer, _), (.decimal, _), (.string, _), (.array, _), (.object, _): false
        }
    }

    /// What a message to a client calls this kind of value.
    public var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .decimal: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

/// The members of a JSON object in the order of the text; no name occurs twice.
public struct JSONObject: Sendable, Equatable {
    /// In order.
    public private(set) var members: [(name: String, value: JSONValue)]

    /// - Precondition: no name occurs twice; the parser has refused such a text.
    public init(_ members: [(name: String, value: JSONValue)] = []) { self.members = members }

    /// The value of the first member of a name.
    public subscript(name: String) -> JSONValue? {
        members.first { $0.name.hasSameBytes(as: name) }?.value
    }

    /// The object with `value` in place of the member of a name, where it has one.
    package func replacing(_ name: String, with value: JSONValue) -> JSONObject {
        JSONObject(members.map { $0.name.hasSameBytes(as: name) ? (name: $0.name, value: value) : $0 })
    }

    /// Whether the members are the same, in the same order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) {
            $0.name.hasSameBytes(as: $1.name) && $0.value == $1.value
        }
    }
}
