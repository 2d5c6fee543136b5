/// A text that must not be shown: a password, a token, a key. It has no JSON form, so that it is no value of a log line, and no description
/// or dump of it, or of what holds it, shows it.
package struct Secret: Sendable, Equatable, ExpressibleByStringLiteral {
    /// The text itself, for whoever proves something by it.
    package let revealed: String

    package init(_ text: String) { revealed = text }

    package init(stringLiteral text: String) { revealed = text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "Secret" }
    package var debugDescription: String { "Secret" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
