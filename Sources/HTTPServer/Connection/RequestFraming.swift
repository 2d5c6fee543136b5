internal import HTTPTypes
private import JSON

/// Decides whether a head may be served, and how much body follows it.
///
/// libmicrohttpd 0.9.75 takes the first of two `Content-Length` fields, prefers `Transfer-Encoding` over
/// `Content-Length`, joins folded lines, cuts at NUL and ends lines at a bare LF. A proxy in front that reads the same
/// bytes otherwise would let one request hide in another (request smuggling), so all of these are refused (RFC 9112
/// sections 2.2, 3, 5 and 6.3; RFC 9110 section 5). What it also takes, and what cannot be seen from here, are chunk
/// lines that end with a bare LF (from 1.0 on it refuses them): a chunked request is the last on its connection, so that
/// nothing can hide behind it.
enum RequestFraming {
    /// What follows the head.
    enum Body: Equatable {
        case none
        case counted(Int)
        case chunked
    }

    /// The request without its body.
    ///
    /// - Throws: `malformed-request`, `uri-too-long` or `headers-too-large`.
    static func request(of head: RequestHead, limits: HTTPServerConfiguration) throws(Problem) -> Request {
        guard head.targetByteCount <= limits.targetBytesMax else {
            throw Refusal.targetTooLong(bytesMax: limits.targetBytesMax)
        }
        guard head.byteCount <= limits.headerBytesMax, head.fields.count <= limits.headerFieldsMax else {
            throw Refusal.headersTooLarge(bytesMax: limits.headerBytesMax, fieldsMax: limits.headerFieldsMax)
        }
        try checkLines(head)
        guard FieldSyntax.isToken(head.method) else { throw Refusal.malformedRequest("The method is not a token.") }
        let target = try RequestTarget.originForm(of: head.target, method: head.method)
        var hosts = 0
        var fields: [HeaderFields.Field] = []
        fields.reserveCapacity(head.fields.count)
        for field in head.fields {
            guard FieldSyntax.isToken(field.name) else {
                throw Refusal.malformedRequest("A field name is not a token.")
            }
            guard FieldSyntax.isFieldValue(field.value) else {
                throw Refusal.malformedRequest("A field value has a control character.")
            }
            if FieldSyntax.isSame(field.name, "host") {
                hosts += 1
                guard FieldSyntax.isHost(field.value) else {
                    throw Refusal.malformedRequest("The Host is not an authority.")
                }
            }
            fields.append(HeaderFields.Field(name: field.name, value: field.value))
        }
        guard hosts == 1 || (hosts == 0 && head.version.hasSameBytes(as: "HTTP/1.0")) else {
            throw Refusal.malformedRequest("A request has exactly one Host field.")
        }
        return Request(Method(rawValue: head.method), target, headers: HeaderFields(fields))
    }

    /// What follows the head. A body that is too large is for the caller to refuse.
    ///
    /// - Throws: `malformed-request`, `not-implemented` or `expectation-failed`.
    static func body(
        after fields: [RequestHead.Field], version: String
    ) throws(Problem) -> (body: Body, isAwaitingContinue: Bool) {
        var lengths: [String] = []
        var encodings: [String] = []
        var isAwaitingContinue = false
        for field in fields {
            switch field.name.utf8.count {
            case 14 where FieldSyntax.isSame(field.name, "content-length"): lengths.append(field.value)
            case 17 where FieldSyntax.isSame(field.name, "transfer-encoding"):
                // The library compares the value with the blanks after it, and would wait for a body without end.
                encodings.append(field.valueRange.count == field.value.utf8.count ? field.value : "")
            case 6 where FieldSyntax.isSame(field.name, "expect"):
                guard FieldSyntax.isSame(field.value, "100-continue") else { throw Refusal.expectationFailed }
                isAwaitingContinue = true
            default: break
            }
        }
        let body = try body(lengths: lengths, encodings: encodings, isVersion10: version.hasSameBytes(as: "HTTP/1.0"))
        return (body, isAwaitingContinue)
    }

    /// Whether the parts of the head fill its bytes exactly: one blank in the request line, no line folded into
    /// another, every line ended by CRLF.
    private static func checkLines(_ head: RequestHead) throws(Problem) {
        let mistaken = Refusal.malformedRequest(
            "A line of the head is folded, is not ended by CRLF, or has a NUL or a surplus blank.")
        guard head.versionOffset == head.method.utf8.count + head.targetByteCount + 2 else { throw mistaken }
        var lineStart = head.versionOffset + head.version.utf8.count + 2
        for field in head.fields {
            guard field.nameRange.lowerBound == lineStart, field.valueRange.lowerBound > field.nameRange.upperBound
            else {
                throw mistaken
            }
            lineStart = field.valueRange.upperBound + 2
        }
        guard head.byteCount == lineStart + 2 else { throw mistaken }
    }

    private static func body(lengths: [String], encodings: [String], isVersion10: Bool) throws(Problem) -> Body {
        if let encoding = encodings.first {
            guard encodings.count == 1, lengths.isEmpty, !isVersion10 else {
                throw Refusal.malformedRequest("The length of the body is given in more than one way.")
            }
            guard FieldSyntax.isSame(encoding, "chunked") else { throw Refusal.transferEncodingUnknown }
            return .chunked
        }
        guard let length = lengths.first else { return .none }
        guard lengths.count == 1, !length.isEmpty, length.utf8.allSatisfy(FieldSyntax.isDigit) else {
            throw Refusal.malformedRequest("Content-Length must be given once, as a number.")
        }
        // Digits that do not fit are a length all the same, and too large.
        let count = Int(length) ?? .max
        return count == 0 ? .none : .counted(count)
    }
}
