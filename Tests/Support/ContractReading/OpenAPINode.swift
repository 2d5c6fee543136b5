package import JSON
internal import JSONSchemas

/// An object of the document, and where it stands.
struct OpenAPINode {
    let value: JSONValue
    let location: String

    init(_ value: JSONValue, at location: String) throws(OpenAPIError) {
        guard value.object != nil else { throw .unsupported("something that is not a mapping", at: location) }
        self.value = value
        self.location = location
    }

    var members: [(name: String, value: JSONValue)] { value.object?.members ?? [] }

    /// - Throws: `OpenAPIError.unsupported` for a member that is not one of `names`: what nobody reads, nobody checks.
    func allow(_ names: Set<String>) throws(OpenAPIError) {
        for member in members where !names.contains(member.name) { throw .unsupported(member.name, at: location) }
    }

    func string(_ name: String) throws(OpenAPIError) -> String {
        guard let text = value[name]?.string else { throw .missing(name, at: location) }
        return text
    }

    func node(_ name: String) throws(OpenAPIError) -> OpenAPINode {
        guard let child = value[name], child.object != nil else { throw .missing(name, at: location) }
        return try OpenAPINode(child, at: "\(location) \(name)")
    }

    /// The objects in an array; none where the member is absent.
    func nodes(_ name: String) throws(OpenAPIError) -> [OpenAPINode] {
        try (value[name]?.array ?? []).map { element throws(OpenAPIError) in
            try OpenAPINode(element, at: "\(location) \(name)")
        }
    }

    /// The objects in a mapping with their names; none where the member is absent.
    func namedNodes(_ name: String) throws(OpenAPIError) -> [(name: String, node: OpenAPINode)] {
        try (value[name]?.object?.members ?? []).map { member throws(OpenAPIError) in
            (member.name, try OpenAPINode(member.value, at: "\(location) \(member.name)"))
        }
    }

    func schema() throws(OpenAPIError) -> JSONSchema {
        guard let schema = value["schema"] else { throw .missing("schema", at: location) }
        do throws(JSONSchemaError) { return try JSONSchema(schema, location: location) } catch { throw .schema(error) }
    }
}

/// Puts what a `$ref` names in its place.
package struct OpenAPIReferences {
    /// 32 levels: the document nests 20 deep, and a schema that contains itself must end somewhere.
    private static let depthMax = 32

    private let document: JSONValue

    package init(_ document: JSONValue) { self.document = document }

    /// `value` without a reference in it.
    ///
    /// - Throws: `OpenAPIError.unresolvedReference` for one that leads to nothing, out of the document, or around in a circle.
    package func resolved(_ value: JSONValue) throws(OpenAPIError) -> JSONValue { try resolved(value, depth: 0) }

    private func resolved(_ value: JSONValue, depth: Int) throws(OpenAPIError) -> JSONValue {
        switch value {
        case .object(let object):
            if let reference = object["$ref"]?.string {
                guard depth < OpenAPIReferences.depthMax, object.members.count == 1 else {
                    throw .unresolvedReference(reference)
                }
                return try resolved(try target(of: reference), depth: depth + 1)
            }
            return .object(
                JSONObject(
                    try object.members.map { member throws(OpenAPIError) in
                        (member.name, try resolved(member.value, depth: depth + 1))
                    }))
        case .array(let values):
            return .array(try values.map { value throws(OpenAPIError) in try resolved(value, depth: depth + 1) })
        case .null, .bool, .integer, .decimal, .string: return value
        }
    }

    private func target(of reference: String) throws(OpenAPIError) -> JSONValue {
        guard reference.hasPrefix("#/components/") else { throw .unresolvedReference(reference) }
        var value = document
        for name in reference.dropFirst(2).split(separator: "/") {
            guard let member = value[String(name)] else { throw .unresolvedReference(reference) }
            value = member
        }
        return value
    }
}
