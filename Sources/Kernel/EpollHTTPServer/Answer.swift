internal import HTTPMessages

/// A response in the bytes that go out, but for the fields that the connection adds.
struct Answer: Sendable {
    /// The status line and the fields, each with its line end.
    let head: [UInt8]
    let body: [UInt8]
    /// Whether the handler ends the connection.
    let closes: Bool
    /// Whether nothing is written, and the connection closed.
    let isWithheld: Bool

    /// - Parameter response: one in which `ResponseFraming` finds no flaw.
    init(_ response: Response, to method: Method?) {
        var head: [UInt8] = []
        head.reserveCapacity(Answer.headBytesExpected)
        head.append("HTTP/1.1 ")
        head.append(response.status.description)
        head.append(" ")
        head.append(response.status.reason)
        head.append("\r\n")
        var (closes, isWithheld) = (false, false)
        for field in response.headers.fields {
            switch field.name.utf8.count {
            case 14 where HTTPSyntax.isSame(field.name, "content-length"): continue
            case 10 where HTTPSyntax.isSame(field.name, "connection"):
                closes = closes || HTTPSyntax.isSame(field.value, "close")
                isWithheld = isWithheld || HTTPSyntax.isSame(field.value, Response.withheldConnection)
            default: head.append(field.name, field.value)
            }
        }
        // RFC 9110 section 8.6 forbids the length for 204; 304 tells nothing by it.
        let hasContent = response.status != .noContent && response.status != .notModified
        if hasContent { head.append("Content-Length", String(response.body.count)) }
        self.head = head
        body = hasContent && method != .head ? response.body : []
        self.closes = closes
        self.isWithheld = isWithheld
    }

    /// All of it, with the fields that the connection adds.
    ///
    /// - Parameter date: the `Date` field with its line end.
    func bytes(date: [UInt8], closes: Bool) -> [UInt8] {
        var bytes = head
        bytes.reserveCapacity(head.count + date.count + body.count + 32)
        bytes += date
        if closes { bytes.append("Connection: close\r\n") }
        bytes.append("\r\n")
        bytes += body
        return bytes
    }

    /// What this product's answers have, and the fields that the connection adds: it saves copies, and binds nobody.
    private static let headBytesExpected = 512
}

extension [UInt8] {
    fileprivate mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: $0) }
    }

    fileprivate mutating func append(_ name: String, _ value: String) {
        append(name)
        append(": ")
        append(value)
        append("\r\n")
    }
}
