/// Where requests go: scheme, host, port, and a path that all targets follow.
package struct Origin: Sendable, Hashable, CustomStringConvertible {
    /// As given, without a slash at the end: a target can be appended as it is.
    package let description: String
    /// The path that all targets follow, without a slash at the end; empty for most origins.
    let basePath: String

    /// Reads `http://host[:port][/base-path]`, or the same with `https`.
    ///
    /// - Returns: nil for anything else: another scheme, credentials, a query, a fragment, blanks, a port out of range.
    package init?(_ url: String) {
        guard url.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !Origin.refused.contains($0) }) else { return nil }
        guard let schemeEnd = url.firstRange(of: "://")?.upperBound,
            ["http://", "https://"].contains(url[..<schemeEnd].lowercased())
        else { return nil }
        let rest = url[schemeEnd...]
        let authority = rest.prefix { $0 != "/" }
        guard Origin.isAuthority(authority) else { return nil }
        var basePath = rest[authority.endIndex...]
        while basePath.last == "/" { basePath.removeLast() }
        description = url[..<schemeEnd].lowercased() + authority + basePath
        self.basePath = String(basePath)
    }

    /// Credentials, query, fragment, and what a URL may not hold at all (RFC 3986 section 2).
    private static let refused = Set("@?#\\\"<>^`{|}".utf8)

    private static func isAuthority(_ authority: Substring) -> Bool {
        let host: Substring
        let isHostByte: (UInt8) -> Bool
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return false }
            host = authority[authority.index(after: authority.startIndex)..<end]
            isHostByte = { isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
            return host.utf8.contains(UInt8(ascii: ":")) && host.utf8.allSatisfy(isHostByte)
                && isPort(authority[authority.index(after: end)...])
        }
        host = authority.prefix { $0 != ":" }
        isHostByte = {
            isHexadecimal($0) || UInt8(ascii: "g")...UInt8(ascii: "z") ~= $0 | 0x20
                || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")].contains($0)
        }
        return !host.isEmpty && host.utf8.allSatisfy(isHostByte) && isPort(authority[host.endIndex...])
    }

    /// Nothing, or a colon and 1…65535.
    private static func isPort(_ text: Substring) -> Bool {
        guard let colon = text.first else { return true }
        let digits = text.dropFirst()
        guard colon == ":", digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let port = UInt16(digits)
        else { return false }
        return port > 0
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20
    }
}
