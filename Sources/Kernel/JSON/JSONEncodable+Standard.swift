extension String: JSONEncodable {
    /// Writes a string.
    public func encode(to writer: inout JSONWriter) { writer.write(string: self) }
}

extension Bool: JSONEncodable {
    /// Writes `true` or `false`.
    public func encode(to writer: inout JSONWriter) { writer.write(token: self ? "true" : "false") }
}

extension Int: JSONEncodable {
    /// Writes a number.
    public func encode(to writer: inout JSONWriter) { writer.write(token: String(self)) }
}

extension Int64: JSONEncodable {
    /// Writes a number.
    public func encode(to writer: inout JSONWriter) { writer.write(token: String(self)) }
}

extension UInt64: JSONEncodable {
    /// Writes a number.
    public func encode(to writer: inout JSONWriter) { writer.write(token: String(self)) }
}

/// Finite numbers only: JSON has no other, and they become null.
extension Double: JSONEncodable {
    /// Writes a number or `null`.
    public func encode(to writer: inout JSONWriter) { writer.write(token: isFinite ? String(self) : "null") }
}

extension Optional: JSONEncodable where Wrapped: JSONEncodable {
    /// Writes the value or `null`.
    public func encode(to writer: inout JSONWriter) {
        if let self { self.encode(to: &writer) } else { writer.write(token: "null") }
    }
}

extension Array: JSONEncodable where Element: JSONEncodable {
    /// Writes an array.
    public func encode(to writer: inout JSONWriter) {
        writer.array { writer in
            for element in self { writer.write(element) }
        }
    }
}

extension JSONObject: JSONEncodable {
    /// Writes an object.
    public func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            for member in members { writer.member(member.name, member.value) }
        }
    }
}

extension JSONValue: JSONEncodable {
    /// Writes the value as it was read; blanks and escapes apart.
    public func encode(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.write(token: "null")
        case .bool(let value): value.encode(to: &writer)
        case .integer(let value): value.encode(to: &writer)
        case .decimal(let text): writer.write(token: text)
        case .string(let value): value.encode(to: &writer)
        case .array(let values): values.encode(to: &writer)
        case .object(let object): object.encode(to: &writer)
        }
    }

    /// The one form that all texts of the same meaning share: members sorted by name, no blanks, numbers in one spelling.
    /// Its digest is the fingerprint of a request.
    public var canonical: JSONValue { canonicalChange ?? self }

    /// The canonical form; nil where the value has it already, so that nothing is copied that stays as it is.
    private var canonicalChange: JSONValue? {
        switch self {
        case .object(let object):
            var members = object.members
            var isChanged = false
            for index in members.indices {
                guard let change = members[index].value.canonicalChange else { continue }
                members[index].value = change
                isChanged = true
            }
            let isSorted = zip(members, members.dropFirst()).allSatisfy {
                $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
            }
            if !isSorted { members.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } }
            return isChanged || !isSorted ? .object(JSONObject(members)) : nil
        case .array(var values):
            var isChanged = false
            for index in values.indices {
                guard let change = values[index].canonicalChange else { continue }
                values[index] = change
                isChanged = true
            }
            return isChanged ? .array(values) : nil
        case .decimal(let text): return ExactNumber(text).map { .decimal($0.canonicalText) }
        case .null, .bool, .integer, .string: return nil
        }
    }
}
