package import HTTPMessages
import JSON

/// What an event of payload format 2.0 says.
package struct APIGatewayV2Event: Sendable, Equatable {
    package let method: String
    package let rawPath: String
    package let rawQueryString: String
    /// Fields of one name are joined with commas, and the cookies taken out.
    package let headers: HeaderFields
    package let cookies: [String]
    package let body: EventBody
    package let sourceIP: String?
    package let requestID: String?
    package let stage: String?

    init(_ reader: EventReader) throws(LambdaEventError) {
        if let version = try reader.string("version"), !version.hasSameBytes(as: "2.0") {
            throw .unsupportedVersion(version)
        }
        let context = try reader.reader("requestContext", at: "requestContext.")
        guard let http = try context?.reader("http", at: "requestContext.http.") else {
            throw .missing("requestContext.http.method")
        }
        method = try http.requiredString("method")
        var path = try reader.string("rawPath")
        if path == nil { path = try http.string("path") }
        guard let path else { throw .missing("rawPath") }
        rawPath = path
        rawQueryString = try reader.string("rawQueryString") ?? ""
        headers = HeaderFields(
            try reader.stringMembers("headers")?.map { HeaderFields.Field(name: $0.name, value: $0.value) } ?? [])
        cookies = try reader.strings("cookies") ?? []
        body = try EventBody(reader)
        sourceIP = try http.string("sourceIp")
        requestID = try context?.string("requestId")
        stage = try context?.string("stage")
    }

    /// The event that API Gateway would make of a request to the stage `$default`.
    package init(_ request: Request, sourceIP: String) {
        method = request.method.rawValue
        rawPath = String(request.path)
        rawQueryString = request.query.map(String.init) ?? ""
        var fields: [HeaderFields.Field] = []
        fields.reserveCapacity(request.headers.fields.count)
        var cookies: [String] = []
        for field in request.headers.fields {
            if HeaderFields.sameName(field.name, "Cookie") {
                cookies += HeaderFields.members(of: field.value, separator: ";").filter { !$0.isEmpty }.map {
                    String($0)
                }
            } else {
                fields.join(field, separator: ",")
            }
        }
        headers = HeaderFields(fields.map { HeaderFields.Field(name: $0.name.lowercased(), value: $0.value) })
        self.cookies = cookies
        body = EventBody(request.body)
        self.sourceIP = sourceIP
        requestID = nil
        stage = "$default"
    }
}

extension [HeaderFields.Field] {
    /// Adds a field, or its value to the field of its name (RFC 9110 section 5.2).
    mutating func join(_ field: Element, separator: String) {
        if let index = firstIndex(where: { HeaderFields.sameName($0.name, field.name) }) {
            self[index] = Element(name: self[index].name, value: self[index].value + separator + field.value)
        } else {
            append(field)
        }
    }
}
