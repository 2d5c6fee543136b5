public import JSON

/// Why an event is not of the form that its codec reads.
public enum LambdaEventError: Error, Sendable, Equatable, CustomStringConvertible {
    case notJSON(JSONParseError)
    /// Something other than the payload version that the codec reads.
    case unsupportedVersion(String)
    /// An event from a service that the handler does not serve.
    case unexpectedSource(String, expected: String)
    /// A member that every such event has, as a path with dots.
    case missing(String)
    /// A member of another kind than it should be.
    case unexpectedKind(String, expected: String)
    /// A member of the right kind whose value is none that it may have.
    case invalidValue(String, reason: String)
    /// A body that says it is base64 but is not.
    case invalidBase64

    /// One sentence, for whoever invoked the function.
    public var description: String {
        switch self {
        case .notJSON(let error): "The event is not JSON. \(error.message)"
        case .unsupportedVersion(let version):
            "The event has the payload format version \"\(version.beginning(16))\"; 2.0 is supported."
        case .unexpectedSource(let source, let expected):
            "The event is of \(source.beginning(64)); this function takes \(expected)."
        case .missing(let member): "The event has no \(member)."
        case .unexpectedKind(let member, let expected): "The event's \(member) is not \(expected)."
        case .invalidValue(let member, let reason): "The event's \(member) is not valid: \(reason)"
        case .invalidBase64: "The event's body is not the base64 it says it is."
        }
    }
}
