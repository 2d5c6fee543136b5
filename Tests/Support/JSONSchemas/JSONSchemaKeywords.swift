import JSON

private import Foundation

/// The members of one schema, read by their kinds.
struct JSONSchemaKeywords {
    private static let known: Set<String> = [
        "type", "nullable", "enum", "required", "properties", "additionalProperties", "items", "oneOf", "minimum",
        "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format", "description", "default",
        "readOnly",
    ]

    private let object: JSONObject
    private let location: String

    init(_ value: JSONValue, location: String) throws(JSONSchemaError) {
        guard let object = value.object else { throw JSONSchemaError(.notAnObject, location: location) }
        self.object = object
        self.location = location
        for member in object.members where !JSONSchemaKeywords.known.contains(member.name) {
            throw JSONSchemaError(.unknownKeyword(member.name), location: location)
        }
    }

    subscript(name: String) -> JSONValue? { object[name] }

    func bool(_ name: String) throws(JSONSchemaError) -> Bool? { try read(name, \.bool) }

    func array(_ name: String) throws(JSONSchemaError) -> [JSONValue]? { try read(name, \.array) }

    func members(_ name: String) throws(JSONSchemaError) -> [(name: String, value: JSONValue)] {
        try read(name, \.object)?.members ?? []
    }

    func strings(_ name: String) throws(JSONSchemaError) -> [String] {
        try (array(name) ?? []).map { value throws(JSONSchemaError) in
            guard let text = value.string else { throw malformed(name) }
            return text
        }
    }

    func range(_ minimum: String, _ maximum: String) throws(JSONSchemaError) -> JSONSchemaRange {
        try JSONSchemaRange(minimum: read(minimum, \.integer), maximum: read(maximum, \.integer))
    }

    /// Every schema but an alternative names its type: one without would accept anything.
    func type() throws(JSONSchemaError) -> JSONSchemaType? {
        guard let name = try read("type", \.string) else {
            guard object["oneOf"] != nil else { throw malformed("type") }
            return nil
        }
        guard let type = JSONSchemaType(rawValue: name) else { throw malformed("type") }
        return type
    }

    func pattern() throws(JSONSchemaError) -> JSONSchemaPattern? {
        guard let text = try read("pattern", \.string) else { return nil }
        guard let pattern = JSONSchemaPattern(text) else { throw malformed("pattern") }
        return pattern
    }

    func format() throws(JSONSchemaError) -> String? {
        guard let format = try read("format", \.string) else { return nil }
        guard format == "date-time" || format == "int64" else { throw malformed("format") }
        return format
    }

    private func read<T>(_ name: String, _ kind: KeyPath<JSONValue, T?>) throws(JSONSchemaError) -> T? {
        guard let value = object[name] else { return nil }
        guard let read = value[keyPath: kind] else { throw malformed(name) }
        return read
    }

    private func malformed(_ name: String) -> JSONSchemaError {
        JSONSchemaError(.malformedKeyword(name), location: location)
    }
}

/// A regular expression of ECMA-262, found anywhere in a text unless it is anchored.
struct JSONSchemaPattern: Sendable {
    /// RFC 3339 `date-time`, section 5.6, as all services write it: in UTC, with microseconds. The contracts say so in words: a pattern beside
    /// the format stops clients that read a date-time into a type of its own.
    static let dateTime = JSONSchemaPattern(
        "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{6}Z$")

    let text: String
    private let expression: NSRegularExpression

    /// nil where `text` is no regular expression.
    init?(_ text: String) {
        // Here `$` would also match before a line feed at the end, in ECMA-262 it does not.
        let strict = text.hasSuffix("$") && !text.hasSuffix("\\$") ? text.dropLast() + "\\z" : text[...]
        guard let expression = try? NSRegularExpression(pattern: String(strict)) else { return nil }
        self.text = text
        self.expression = expression
    }

    func matches(_ text: String) -> Bool {
        expression.firstMatch(in: text, range: NSRange(location: 0, length: text.utf16.count)) != nil
    }
}
