package import JSON

/// A response, whole.
package struct Response: Sendable {
    package var status: Status
    package var headers: HeaderFields
    package var body: [UInt8]

    package init(_ status: Status, headers: HeaderFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A response of type `application/json`.
    package static func json(_ status: Status, _ bytes: [UInt8], headers: HeaderFields = [:]) -> Response {
        var headers = headers
        headers["Content-Type"] = "application/json"
        return Response(status, headers: headers, body: bytes)
    }

    /// A JSON object whose members `body` writes.
    package static func json(_ status: Status, _ body: (inout JSONWriter) -> Void) -> Response {
        json(status, JSONWriter.object(body))
    }
}
