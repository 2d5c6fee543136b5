/// What signs and verifies tokens by HS256: at least 32 bytes (RFC 7518 section 3.2). No description or dump of it shows them.
package struct JSONWebTokenSecret: Sendable, CustomStringConvertible, CustomReflectable {
    /// 32: as many bytes as the code that they key has; whoever holds a token can try shorter ones at leisure.
    package static let byteCountMin = 32

    let bytes: [UInt8]

    /// - Parameter text: its UTF-8 is the secret, as other libraries read `JWT_SECRET`.
    /// - Returns: nil for fewer than 32 bytes.
    package init?(_ text: String) { self.init(bytes: Array(text.utf8)) }

    /// - Returns: nil for fewer than 32.
    package init?(bytes: [UInt8]) {
        guard bytes.count >= JSONWebTokenSecret.byteCountMin else { return nil }
        self.bytes = bytes
    }

    package var description: String { "JSONWebTokenSecret" }

    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
