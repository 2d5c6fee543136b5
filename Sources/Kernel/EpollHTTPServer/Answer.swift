internal import HTTPMessages

/// A response in the bytes that go out, but for the fields that the connection adds.
struct Answer: Sendable {
    /// The status line and the fields, each with its line end.
    let head: [UInt8]
    let body: [UInt8]
    /// Whether the handler ends the connection.
    let closes: Bool

    /// - Parameter response: one in which `ResponseFraming` finds no flaw.
    init(_ response: Response, to method: Method?) {
        var head = "HTTP/1.1 \(response.status) \(response.status.reason)\r\n"
        var closes = false
        for field in response.headers.fields {
            switch field.name.utf8.count {
            case 14 where HTTPSyntax.isSame(field.name, "content-length"): continue
            case 10 where HTTPSyntax.isSame(field.name, "connection"):
                closes = closes || HTTPSyntax.isSame(field.value, "close")
            default: head += "\(field.name): \(field.value)\r\n"
            }
        }
        // RFC 9110 section 8.6 forbids the length for 204; 304 tells nothing by it.
        let hasContent = response.status != .noContent && response.status != .notModified
        if hasContent { head += "Content-Length: \(response.body.count)\r\n" }
        self.head = Array(head.utf8)
        body = hasContent && method != .head ? response.body : []
        self.closes = closes
    }
}
