/// Why a text is not JSON that this product reads.
public struct JSONParseError: Error, Equatable, Sendable {
    /// What is wrong with the text.
    public enum Reason: Equatable, Sendable {
        case empty
        case unexpectedEnd
        case unexpectedCharacter
        case trailingCharacters
        case invalidNumber
        case invalidEscape
        case invalidUTF8
        case controlCharacter
        case duplicateName(String)
        case tooDeep(max: Int)
    }

    /// What is wrong with the text.
    public let reason: Reason
    /// The position in the text, in bytes from 0.
    public let offset: Int

    /// A mistake at a place.
    public init(_ reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// One sentence for a client. It never repeats more of the text than a member's name.
    public var message: String {
        switch reason {
        case .empty: "The body is empty; a JSON object is expected."
        case .unexpectedEnd: "The JSON text ends too early, at byte \(offset)."
        case .unexpectedCharacter: "The JSON text has an unexpected character at byte \(offset)."
        case .trailingCharacters: "The JSON text goes on after its end, at byte \(offset)."
        case .invalidNumber: "The JSON text has a malformed number at byte \(offset)."
        case .invalidEscape: "The JSON text has a malformed escape in a string at byte \(offset)."
        case .invalidUTF8: "The JSON text is not UTF-8 at byte \(offset)."
        case .controlCharacter: "The JSON text has an unescaped control character in a string at byte \(offset)."
        case .duplicateName(let name):
            "The JSON text has the member \"\(name.beginning(64))\" twice, at byte \(offset)."
        case .tooDeep(let max): "The JSON text is nested deeper than \(max) levels, at byte \(offset)."
        }
    }
}
