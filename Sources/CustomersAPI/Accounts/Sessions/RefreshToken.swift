import Digests

/// What gets the next access token: the session's id and 32 bytes that nobody can guess. Only its digest is stored. No description or
/// dump of it shows it.
///
/// The id stands in no other token or answer, so that only who has a token of a session can end it.
struct RefreshToken: Sendable, CustomStringConvertible, CustomReflectable {
    private static let idByteCount = 16
    private static let byteCount = 48

    private let bytes: [UInt8]

    /// The first one of a new session.
    init() { bytes = randomBytes(count: RefreshToken.byteCount) }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// - Returns: nil for what is not the text of any.
    init?(_ text: String) {
        guard let bytes = Base64URL.decode(text), bytes.count == RefreshToken.byteCount else { return nil }
        self.bytes = bytes
    }

    var text: String { Base64URL.encode(bytes) }
    var sessionID: [UInt8] { Array(bytes.prefix(RefreshToken.idByteCount)) }
    var digest: [UInt8] { SHA256.digest(bytes) }

    /// The one token that comes after this one: whoever repeats a request because its answer was lost gets the same again.
    func successor(_ key: [UInt8]) -> RefreshToken {
        RefreshToken(sessionID + HMACSHA256.authenticationCode(bytes, key: key))
    }

    var description: String { "RefreshToken" }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
