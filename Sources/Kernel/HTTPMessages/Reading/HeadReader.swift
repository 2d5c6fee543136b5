/// Reads the head of a request line by line (RFC 9112 sections 2 to 5).
///
/// It refuses whatever two readers could read differently, even where a server may be lenient: lines that end with a bare
/// LF, folded fields, surplus blanks, control characters. A proxy in front that reads the same bytes otherwise would let
/// one request hide in another (request smuggling).
struct HeadReader {
    private let limits: MessageLimits
    private(set) var byteCount = 0
    private(set) var requestLine: RequestLine?
    private(set) var fields: [HeaderFields.Field] = []

    init(_ limits: MessageLimits) { self.limits = limits }

    /// The request as far as it has been read.
    var request: Request? {
        requestLine.map { Request($0.method, $0.target, headers: HeaderFields(fields)) }
    }

    /// Takes the next line, its end included.
    ///
    /// - Returns: whether it ended the head.
    /// - Throws: `.malformedRequest`, `.targetTooLong` or `.headersTooLarge`.
    mutating func take(_ line: ArraySlice<UInt8>) throws(RequestRefusal) -> Bool {
        try checkSize(with: line.count)
        byteCount += line.count
        let content = try HeadReader.content(of: line)
        guard requestLine != nil else {
            // Empty lines before a request are skipped (RFC 9112 section 2.2); they count as part of the head.
            if !content.isEmpty { requestLine = try RequestLine(content, limits) }
            return false
        }
        if content.isEmpty { return true }
        guard fields.count < limits.headerFieldsMax else { throw limits.headersTooLarge }
        fields.append(try HeadReader.field(content))
        return false
    }

    /// - Parameter pendingByteCount: bytes of a line that is not whole yet.
    /// - Throws: `.targetTooLong` or `.headersTooLarge` where the head can only become too large.
    func checkSize(with pendingByteCount: Int) throws(RequestRefusal) {
        guard byteCount + pendingByteCount > limits.headerBytesMax else { return }
        throw requestLine == nil ? limits.targetTooLong : limits.headersTooLarge
    }

    /// A line without its end, which must be CRLF.
    static func content(of line: ArraySlice<UInt8>) throws(RequestRefusal) -> ArraySlice<UInt8> {
        let content = line.dropLast(2)
        guard line.count >= 2, line[content.endIndex] == UInt8(ascii: "\r") else {
            throw .malformedRequest("A line is not ended by CRLF.")
        }
        return content
    }

    /// A field line without its end.
    static func field(_ line: ArraySlice<UInt8>) throws(RequestRefusal) -> HeaderFields.Field {
        guard let first = line.first, !HTTPSyntax.isBlank(first) else {
            throw .malformedRequest("A field is folded over several lines.")
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            throw .malformedRequest("A field has no colon.")
        }
        let nameBytes = line[..<colon]
        guard !nameBytes.isEmpty, nameBytes.allSatisfy(HTTPSyntax.isTokenByte) else {
            throw .malformedRequest("A field name is not a token.")
        }
        let name = String(decoding: nameBytes, as: UTF8.self)
        var value = line[(colon + 1)...].drop(while: HTTPSyntax.isBlank)
        // Some readers compare an encoding with the blanks behind it: left there, it is none that anybody understands.
        if !HTTPSyntax.isSame(name, "transfer-encoding") {
            while let last = value.last, HTTPSyntax.isBlank(last) { value.removeLast() }
        }
        guard value.allSatisfy(HTTPSyntax.isFieldValueByte) else {
            throw .malformedRequest("A field value has a control character.")
        }
        return HeaderFields.Field(name: name, value: String(decoding: value, as: UTF8.self))
    }
}
