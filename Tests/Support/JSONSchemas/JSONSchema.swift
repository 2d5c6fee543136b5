package import JSON

/// A schema of OpenAPI 3.0.3, as far as the contract uses that language.
///
/// It refuses keywords that it does not know, so that the contract cannot promise something that no test checks.
package final class JSONSchema: Sendable {
    let type: JSONSchemaType?
    let isNullable: Bool
    let enumeration: [JSONValue]?
    let required: [String]
    let properties: [String: JSONSchema]
    let allowsAdditionalProperties: Bool
    let items: JSONSchema?
    let alternatives: [JSONSchema]
    let numberRange: JSONSchemaRange
    let lengthRange: JSONSchemaRange
    let countRange: JSONSchemaRange
    let pattern: JSONSchemaPattern?
    let format: String?

    package var isOfIntegers: Bool { type == .integer }

    /// - Parameters:
    ///   - value: a schema whose references have been resolved.
    ///   - location: where it stands, for the error.
    /// - Throws: `JSONSchemaError` for an unknown keyword or format, and for a keyword whose value is of the wrong kind.
    package init(_ value: JSONValue, location: String) throws(JSONSchemaError) {
        let keywords = try JSONSchemaKeywords(value, location: location)
        type = try keywords.type()
        isNullable = try keywords.bool("nullable") ?? false
        enumeration = try keywords.array("enum")
        required = try keywords.strings("required")
        allowsAdditionalProperties = try keywords.bool("additionalProperties") ?? true
        properties = try Dictionary(
            uniqueKeysWithValues: keywords.members("properties").map { member throws(JSONSchemaError) in
                (member.name, try JSONSchema(member.value, location: "\(location).\(member.name)"))
            })
        let itemsValue = keywords["items"]
        items = if let itemsValue { try JSONSchema(itemsValue, location: location + "[]") } else { nil }
        alternatives = try (keywords.array("oneOf") ?? []).map { value throws(JSONSchemaError) in
            try JSONSchema(value, location: location + "|")
        }
        numberRange = try keywords.range("minimum", "maximum")
        lengthRange = try keywords.range("minLength", "maxLength")
        countRange = try keywords.range("minItems", "maxItems")
        pattern = try keywords.pattern()
        format = try keywords.format()
        for name in required where !properties.isEmpty && properties[name] == nil {
            throw JSONSchemaError(.unknownRequiredMember(name), location: location)
        }
    }
}

/// What `type` allows.
enum JSONSchemaType: String {
    case object, array, string, integer, boolean

    func accepts(_ value: JSONValue) -> Bool {
        switch (self, value) {
        case (.object, .object), (.array, .array), (.string, .string), (.integer, .integer), (.boolean, .bool): true
        default: false
        }
    }
}

/// What `minimum` and `maximum`, or their kin, allow.
struct JSONSchemaRange: Sendable {
    let minimum: Int64?
    let maximum: Int64?

    /// What is wrong with `value`; nil where nothing is.
    func violation(by value: Int64) -> String? {
        if let minimum, value < minimum { return "is \(value), less than \(minimum)" }
        if let maximum, value > maximum { return "is \(value), more than \(maximum)" }
        return nil
    }
}

/// Why a schema cannot be used, and where it stands.
package struct JSONSchemaError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: Equatable, Sendable {
        case notAnObject
        case unknownKeyword(String)
        case malformedKeyword(String)
        case unknownRequiredMember(String)
    }

    package let reason: Reason
    package let location: String

    package init(_ reason: Reason, location: String) {
        self.reason = reason
        self.location = location
    }

    package var description: String { "\(location): \(reason)" }
}
