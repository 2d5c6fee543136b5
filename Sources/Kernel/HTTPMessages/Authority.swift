/// `host [":" port]` (RFC 3986 section 3.2), taken apart.
package struct Authority {
    /// A name or an address, one of IPv6 in its brackets. Which bytes it has is not looked at.
    package let host: Substring
    /// At least 1; nil where there is none.
    package let port: UInt16?

    /// - Returns: nil where neither an end nor a colon and a port follows the host.
    package init?(_ text: Substring) {
        let isBracketed = text.utf8.first == UInt8(ascii: "[")
        let end =
            isBracketed
            ? text.utf8.firstIndex(of: UInt8(ascii: "]")).map { text.utf8.index(after: $0) }
            : text.utf8.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
        guard let end else { return nil }
        host = text[..<end]
        guard end < text.endIndex else {
            port = nil
            return
        }
        let digits = text[end...].utf8.dropFirst()
        guard text.utf8[end] == UInt8(ascii: ":"), digits.allSatisfy(HTTPSyntax.isDigit),
            let port = UInt16(Substring(digits)), port > 0
        else { return nil }
        self.port = port
    }

    /// Whether the host stands in brackets.
    package var isBracketed: Bool { host.utf8.first == UInt8(ascii: "[") }

    /// Whether the host is `localhost`, `[::1]` or an address of 127.0.0.0/8, written in full: `127.evil.example` is a name like any
    /// other.
    package var isLoopback: Bool {
        if HTTPSyntax.isSame(host, "localhost") || HTTPSyntax.isSame(host, "[::1]") { return true }
        let parts = HeaderFields.members(of: String(host), separator: ".")
        // UInt8 reads a sign, too.
        let numbers = parts.compactMap { $0.utf8.allSatisfy(HTTPSyntax.isDigit) ? UInt8($0) : nil }
        return parts.count == 4 && numbers.count == 4 && numbers[0] == 127
    }
}
