internal import JSON

/// Request targets (RFC 9112 section 3.2).
enum RequestTarget {
    /// The path and query of a target in origin form, in absolute form (as proxies send it) or, for OPTIONS, `*`.
    ///
    /// - Throws: `.malformedRequest` for every other form, for a user in front of the host (RFC 9110 section 4.2.4), and for
    ///   blanks, control characters, fragments and bytes that are not UTF-8.
    static func originForm(of target: String?, method: String) throws(RequestRefusal) -> String {
        guard let target, target.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") }) else {
            throw .malformedRequest(
                "The request target has a blank, a control character, a fragment or malformed UTF-8.")
        }
        if target.utf8.first == UInt8(ascii: "/")
            || (target.hasSameBytes(as: "*") && method.hasSameBytes(as: "OPTIONS"))
        {
            return target
        }
        guard let authority = authorityAndRest(of: target) else {
            throw .malformedRequest("The request target is neither a path nor an absolute http URI.")
        }
        let rest = Substring(authority.utf8.drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") })
        guard rest.startIndex > authority.startIndex, HTTPSyntax.isHost(String(authority[..<rest.startIndex])) else {
            throw .malformedRequest("The request target names no host.")
        }
        return rest.utf8.first == UInt8(ascii: "/") ? String(rest) : "/" + rest
    }

    private static func authorityAndRest(of target: String) -> Substring? {
        for scheme in ["http://", "https://"]
        where HTTPSyntax.isSame(String(decoding: target.utf8.prefix(scheme.utf8.count), as: UTF8.self), scheme) {
            return Substring(target.utf8.dropFirst(scheme.utf8.count))
        }
        return nil
    }
}
