internal import CurlHTTPClient

/// Where a set of keys is published: `https`, or `http` on this machine. Whoever could change the answer on its way could sign in as
/// anybody.
struct KeySetURL: Sendable {
    let origin: Origin
    /// Path and query.
    let target: String

    /// - Returns: nil for anything else: another scheme, `http` to another machine, credentials, a fragment, blanks.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !KeySetURL.refused.contains($0) }) else { return nil }
        guard let schemeEnd = text.firstRange(of: "://")?.upperBound else { return nil }
        let authority = text[schemeEnd...].prefix { $0 != "/" && $0 != "?" }
        guard let origin = Origin(String(text[..<schemeEnd] + authority)) else { return nil }
        guard origin.isEncrypted || origin.isLoopback else { return nil }
        let rest = text[authority.endIndex...]
        target = rest.hasPrefix("/") ? String(rest) : "/" + rest
        self.origin = origin
    }

    /// A fragment, and what a URL may not hold at all (RFC 3986 section 2).
    private static let refused = Set("#\\\"<>^`{|}".utf8)
}
