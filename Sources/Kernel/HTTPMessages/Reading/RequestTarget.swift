internal import JSON

/// Request targets (RFC 9112 section 3.2).
enum RequestTarget {
    /// The path and query of a target in origin form, in absolute form (as proxies send it) or, for OPTIONS, `*`.
    ///
    /// - Throws: `.malformedRequest` for every other form, for a user in front of the host (RFC 9110 section 4.2.4), and for
    ///   blanks, control characters, fragments and bytes that are not UTF-8.
    static func originForm(
        of text: MessageLexer, _ target: Range<Int>, method: String
    ) throws(RequestRefusal) -> String {
        let bytes = UnsafeRawBufferPointer(rebasing: text.bytes[target])
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") }),
            let whole = String(validating: bytes, as: UTF8.self)
        else {
            throw .malformedRequest(
                "The request target has a blank, a control character, a fragment or malformed UTF-8.")
        }
        if bytes.first == UInt8(ascii: "/") || (whole.hasSameBytes(as: "*") && method.hasSameBytes(as: "OPTIONS")) {
            return whole
        }
        let scheme = ["http://", "https://"].first {
            HTTPSyntax.isSame(Substring(whole.utf8.prefix($0.utf8.count)), $0)
        }
        guard let scheme else {
            throw .malformedRequest("The request target is neither a path nor an absolute http URI.")
        }
        let authority = whole.utf8.dropFirst(scheme.utf8.count)
        let rest = authority.drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let host = authority[..<rest.startIndex]
        guard !host.isEmpty, host.allSatisfy(HTTPSyntax.isHostByte) else {
            throw .malformedRequest("The request target names no host.")
        }
        return rest.first == UInt8(ascii: "/") ? String(Substring(rest)) : "/" + Substring(rest)
    }
}
