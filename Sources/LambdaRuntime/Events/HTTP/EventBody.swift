import Crypto
import JSON

/// A body in JSON: text, or base64 of bytes that are no text.
package struct EventBody: Sendable, Equatable {
    package let text: String
    package let isBase64Encoded: Bool

    /// A body that is UTF-8 goes as text, any other as base64.
    package init(_ bytes: [UInt8]) {
        if let text = String(validating: bytes, as: UTF8.self) {
            self.text = text
            isBase64Encoded = false
        } else {
            text = Base64.encode(bytes)
            isBase64Encoded = true
        }
    }

    /// The `body` of an event; empty where it has none.
    init(_ reader: EventReader) throws(LambdaEventError) {
        text = try reader.string("body") ?? ""
        isBase64Encoded = try reader.bool("isBase64Encoded") ?? false
    }

    package func bytes() throws(LambdaEventError) -> [UInt8] {
        guard isBase64Encoded else { return Array(text.utf8) }
        guard let bytes = Base64.decode(text) else { throw .invalidBase64 }
        return bytes
    }

    func encode(to writer: inout JSONWriter) {
        writer.member("body", text)
        writer.member("isBase64Encoded", isBase64Encoded)
    }
}
