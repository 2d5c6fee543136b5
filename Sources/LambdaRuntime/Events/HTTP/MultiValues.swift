import HTTPMessages

/// Headers and parameters that come twice in an event: once with one value for each name, once with all.
enum MultiValues {
    struct Field {
        let name: String
        var values: [String]
    }

    /// All fields; from `headers` where the event has no `multiValueHeaders`.
    static func headers(_ reader: EventReader) throws(LambdaEventError) -> HeaderFields {
        var members = try reader.stringListMembers("multiValueHeaders")
        if members == nil { members = try reader.stringMembers("headers") }
        return HeaderFields((members ?? []).map { HeaderFields.Field(name: $0.name, value: $0.value) })
    }

    /// The query; empty where there is none.
    ///
    /// - Parameter escape: makes of a name or value what stands in the query.
    static func query(_ reader: EventReader, escape: (String) -> String) throws(LambdaEventError) -> String {
        var members = try reader.stringListMembers("multiValueQueryStringParameters")
        if members == nil { members = try reader.stringMembers("queryStringParameters") }
        return (members ?? []).map { "\(escape($0.name))=\(escape($0.value))" }.joined(separator: "&")
    }

    /// The fields of a response by their names, in order.
    static func grouped(_ headers: HeaderFields) -> [Field] {
        var fields: [Field] = []
        for field in headers.fields {
            if let index = fields.firstIndex(where: { HeaderFields.sameName($0.name, field.name) }) {
                fields[index].values.append(field.value)
            } else {
                fields.append(Field(name: field.name, values: [field.value]))
            }
        }
        return fields
    }
}
