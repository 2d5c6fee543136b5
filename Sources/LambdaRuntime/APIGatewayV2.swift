private import Crypto
public import HTTPTypes
private import JSON

/// The events of API Gateway HTTP APIs and of function URLs, payload format version 2.0.
public enum APIGatewayV2 {
    /// An HTTP request as API Gateway hands it on.
    public struct Invocation: Sendable {
        public let request: Request
        /// The address of the client that API Gateway saw.
        public let sourceIP: String?
        /// API Gateway's own id of the request, not Lambda's.
        public let requestID: String?
        /// `$default`, or the name that paths of this API start with.
        public let stage: String?
    }

    /// The HTTP request that `event` stands for.
    ///
    /// Members that API Gateway leaves out at times, such as `headers`, `cookies`, `rawQueryString` and `body`, may be
    /// absent or null.
    public static func request(from event: [UInt8]) throws(LambdaEventError) -> Invocation {
        let reader = try EventReader(event)
        if let version = try reader.string("version"), version != "2.0" { throw .unsupportedVersion(version) }
        guard let method = try reader.string("requestContext.http.method") else {
            throw .missing("requestContext.http.method")
        }
        var path = try reader.string("rawPath")
        if path == nil { path = try reader.string("requestContext.http.path") }
        guard let path else { throw .missing("rawPath") }
        let query = try reader.string("rawQueryString") ?? ""
        return Invocation(
            request: Request(
                Method(rawValue: method), RequestTarget.text(path: path, query: query), headers: try headers(reader),
                body: try body(reader)),
            sourceIP: try reader.string("requestContext.http.sourceIp"),
            requestID: try reader.string("requestContext.requestId"),
            stage: try reader.string("requestContext.stage"))
    }

    /// The event that stands for `response`.
    ///
    /// A body that is UTF-8 goes as text, any other as base64. Fields of one name are joined with commas (RFC 9110 section
    /// 5.2), except `Set-Cookie`, which has a member of its own.
    public static func event(from response: Response) -> [UInt8] {
        var fields: [(name: String, key: String, value: String)] = []
        var cookies: [String] = []
        for field in response.headers.fields {
            let key = field.name.lowercased()
            if key == "set-cookie" {
                cookies.append(field.value)
            } else if let index = fields.firstIndex(where: { $0.key == key }) {
                fields[index].value += ", " + field.value
            } else {
                fields.append((field.name, key, field.value))
            }
        }
        let text = String(validating: response.body, as: UTF8.self)
        return JSONWriter.object { writer in
            writer.member("statusCode", response.status.code)
            writer.member(
                "headers",
                object: { writer in
                    for field in fields { writer.member(field.name, field.value) }
                })
            if !cookies.isEmpty { writer.member("cookies", cookies) }
            writer.member("body", text ?? Base64.encode(response.body))
            writer.member("isBase64Encoded", text == nil)
        }
    }

    /// API Gateway has joined fields of one name with commas already, and has taken the cookies out.
    private static func headers(_ reader: EventReader) throws(LambdaEventError) -> HeaderFields {
        var fields: [HeaderFields.Field] = []
        for member in try reader.object("headers")?.members ?? [] {
            guard let value = member.value.string else {
                throw .unexpectedKind("headers.\(member.name.prefix(64))", expected: "a string")
            }
            fields.append(HeaderFields.Field(name: member.name, value: value))
        }
        var headers = HeaderFields(fields)
        let cookies = try reader.strings("cookies") ?? []
        if !cookies.isEmpty { headers["Cookie"] = cookies.joined(separator: "; ") }
        return headers
    }

    private static func body(_ reader: EventReader) throws(LambdaEventError) -> [UInt8] {
        guard let text = try reader.string("body") else { return [] }
        guard try reader.bool("isBase64Encoded") ?? false else { return Array(text.utf8) }
        guard let bytes = Base64.decode(text) else { throw .invalidBase64 }
        return bytes
    }
}
