/// The first line of a request (RFC 9112 section 3).
struct RequestLine {
    let method: Method
    /// In origin form, or `*`.
    let target: String
    /// Whether the client speaks HTTP/1.0; every later 1.x is 1.1 to us (RFC 9112 section 2.3).
    let isVersion10: Bool

    /// - Parameter line: without its end.
    /// - Throws: `.malformedRequest` or `.targetTooLong`.
    init(_ line: ArraySlice<UInt8>, _ limits: MessageLimits) throws(RequestRefusal) {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw .malformedRequest(
                "The request line is not a method, a target and a version with one blank between.")
        }
        guard !parts[0].isEmpty, parts[0].allSatisfy(HTTPSyntax.isTokenByte) else {
            throw .malformedRequest("The method is not a token.")
        }
        guard parts[2].count == 8, parts[2].starts(with: "HTTP/1.".utf8), let minor = parts[2].last,
            HTTPSyntax.isDigit(minor)
        else { throw .malformedRequest("The version is not HTTP/1.1.") }
        guard parts[1].count <= limits.targetBytesMax,
            parts[1].count(where: { $0 == UInt8(ascii: "&") }) <= limits.queryFieldsMax
        else { throw limits.targetTooLong }
        let method = String(decoding: parts[0], as: UTF8.self)
        self.method = Method(rawValue: method)
        target = try RequestTarget.originForm(of: String(validating: parts[1], as: UTF8.self), method: method)
        isVersion10 = minor == UInt8(ascii: "0")
    }
}
