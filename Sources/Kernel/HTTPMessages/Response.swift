public import JSON

/// A response, whole.
public struct Response: Sendable {
    /// What came of the request.
    public var status: Status
    /// The header fields; the length of the body is whoever sends it to say.
    public var headers: HeaderFields
    /// The content, as it is sent.
    public var body: [UInt8]

    /// A response, with nothing in it but a status by default.
    public init(_ status: Status, headers: HeaderFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A response of type `application/json`.
    public static func json(_ status: Status, _ bytes: [UInt8], headers: HeaderFields = [:]) -> Response {
        var headers = headers
        headers["Content-Type"] = "application/json"
        return Response(status, headers: headers, body: bytes)
    }

    /// A JSON object whose members `body` writes.
    public static func json(_ status: Status, _ body: (inout JSONWriter) -> Void) -> Response {
        json(status, JSONWriter.object(body))
    }
}
