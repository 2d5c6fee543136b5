private import HTTPMessages

/// Where a broker is, and as whom to log in: `amqp://user:password@host:port/vhost`, or the same with `amqps`.
package struct AMQPURL: Sendable, Hashable {
    /// Whether TLS is used (`amqps`).
    package let isEncrypted: Bool
    /// A name or an address; one of IPv6 without its brackets.
    package let host: String
    /// 5672, or 5671 with TLS, where none is given.
    package let port: Int
    /// `guest` where none is given, whom a broker lets in from its own machine only.
    package let username: String
    let password: String
    /// The virtual host; `/` where the path is missing or empty.
    package let vhost: String

    /// Names in the protocol have a length of one byte.
    private static let nameBytesMax = 255

    /// Reads a URL. Escapes (`%2F`) are decoded in the user, the password and the virtual host.
    ///
    /// - Returns: nil for another scheme, a query, a fragment, blanks, a port out of range, a path of several segments, an
    ///   escape that is none, or a name that the protocol cannot carry.
    package init?(_ url: String) {
        guard url.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !AMQPURL.refused.contains($0) }) else { return nil }
        guard let schemeEnd = url.firstRange(of: "://")?.upperBound else { return nil }
        switch url[..<schemeEnd].lowercased() {
        case "amqp://": isEncrypted = false
        case "amqps://": isEncrypted = true
        default: return nil
        }
        let rest = url[schemeEnd...]
        let authority = rest.prefix { $0 != "/" }
        let parts = authority.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = parts.last.flatMap({ Authority($0) }), !address.host.isEmpty,
            let credentials = AMQPURL.credentials(parts.count == 2 ? parts[0] : "guest:guest"),
            let vhost = AMQPURL.vhost(rest[authority.endIndex...])
        else { return nil }
        host = address.isBracketed ? String(address.host.dropFirst().dropLast()) : String(address.host)
        guard !host.isEmpty else { return nil }
        port = address.port.map { Int($0) } ?? (isEncrypted ? 5671 : 5672)
        (username, password) = credentials
        self.vhost = vhost
    }

    /// Whether the host is an address and no name.
    package var isHostAddress: Bool {
        host.utf8.contains(UInt8(ascii: ":"))
            || host.utf8.allSatisfy { HTTPSyntax.isDigit($0) || $0 == UInt8(ascii: ".") }
    }

    /// Query, fragment, and what a URL may not hold at all (RFC 3986 section 2).
    private static let refused = Set("?#\\\"<>^`{|}".utf8)

    private static func credentials(_ text: Substring) -> (username: String, password: String)? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let username = name(parts[0]), !username.isEmpty, let password = name(parts[1]) else {
            return nil
        }
        return (username, password)
    }

    private static func vhost(_ path: Substring) -> String? {
        let segment = path.dropFirst()
        guard !segment.isEmpty else { return "/" }
        return segment.contains("/") ? nil : name(segment)
    }

    /// The library takes names as C strings.
    private static func name(_ text: Substring) -> String? {
        guard let name = PercentEncoding.decode(text), name.utf8.count <= nameBytesMax, !name.utf8.contains(0) else {
            return nil
        }
        return name
    }
}

extension AMQPURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Without the password.
    package var description: String {
        let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let scheme = isEncrypted ? "amqps" : "amqp"
        return "\(scheme)://\(PercentEncoding.encode(username))@\(address)/\(PercentEncoding.encode(vhost))"
    }

    package var debugDescription: String { description }

    /// `dump` and the failure messages of tests show values by reflection: the password is not among them.
    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
