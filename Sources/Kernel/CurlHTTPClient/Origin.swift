private import HTTPMessages
package import OutboundAddresses

/// Where requests go: scheme, host, port, and a path that all targets follow.
package struct Origin: Sendable, Hashable, CustomStringConvertible {
    /// As given, without a slash at the end: a target can be appended as it is.
    package let description: String
    /// The path that all targets follow, without a slash at the end; empty for most origins.
    let basePath: String
    let host: String
    let port: Int
    /// Whether it is one of `https`.
    package let isEncrypted: Bool

    /// Reads `http://host[:port][/base-path]`, or the same with `https`.
    ///
    /// - Returns: nil for anything else: another scheme, credentials, a query, a fragment, blanks, a port out of range.
    package init?(_ url: String) {
        guard url.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !Origin.refused.contains($0) }) else { return nil }
        guard let schemeEnd = url.firstRange(of: "://")?.upperBound else { return nil }
        let scheme = url[..<schemeEnd].lowercased()
        guard ["http://", "https://"].contains(scheme) else { return nil }
        let rest = url[schemeEnd...]
        let authority = rest.prefix { $0 != "/" }
        guard let parsed = Origin.authority(authority) else { return nil }
        host = String(parsed.host)
        isEncrypted = scheme == "https://"
        port = parsed.port.map { Int($0) } ?? (isEncrypted ? 443 : 80)
        var basePath = rest[authority.endIndex...]
        while basePath.last == "/" { basePath.removeLast() }
        description = scheme + authority + basePath
        self.basePath = String(basePath)
    }

    /// Where a webhook's URL leads, without its path.
    package init(_ url: WebhookURL) {
        host = url.host
        port = url.port
        isEncrypted = url.isEncrypted
        basePath = ""
        description = "\(url.isEncrypted ? "https" : "http")://\(url.host):\(url.port)"
    }

    /// Whether it is on this machine.
    package var isLoopback: Bool { Authority(host[...])?.isLoopback == true }

    /// Credentials, query, fragment, and what a URL may not hold at all (RFC 3986 section 2).
    private static let refused = Set("@?#\\\"<>^`{|}".utf8)

    /// A name or an address, and perhaps a port.
    private static func authority(_ text: Substring) -> Authority? {
        guard let authority = Authority(text) else { return nil }
        let host = authority.host.utf8
        guard authority.isBracketed else {
            let isName = !host.isEmpty && host.allSatisfy { HTTPSyntax.isUnreserved($0) && $0 != UInt8(ascii: "~") }
            return isName ? authority : nil
        }
        let address = host.dropFirst().dropLast()
        let isAddress =
            address.contains(UInt8(ascii: ":"))
            && address.allSatisfy { HTTPSyntax.isHexadecimalDigit($0) || ":.".utf8.contains($0) }
        return isAddress ? authority : nil
    }
}
