internal import JSON

/// A request method (RFC 9110 section 9). Case-sensitive; any token is a method, known or not.
public struct Method: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
    /// The token itself.
    public let rawValue: String
    /// The method of this token.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Reads.
    public static let get = Method(rawValue: "GET")
    /// Reads, and sends no body back.
    public static let head = Method(rawValue: "HEAD")
    /// Does what the resource does with a body.
    public static let post = Method(rawValue: "POST")
    /// Replaces.
    public static let put = Method(rawValue: "PUT")
    /// Changes in part.
    public static let patch = Method(rawValue: "PATCH")
    /// Removes.
    public static let delete = Method(rawValue: "DELETE")
    /// Asks what is possible.
    public static let options = Method(rawValue: "OPTIONS")

    /// Whether the bytes are the same.
    public static func == (left: Method, right: Method) -> Bool { left.rawValue.hasSameBytes(as: right.rawValue) }

    /// As `==` has it; what the standard library offers for raw values would compare them as texts.
    public static func != (left: Method, right: Method) -> Bool { !(left == right) }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) { TextKey(rawValue).hash(into: &hasher) }

    /// The token itself.
    public var description: String { rawValue }
}
