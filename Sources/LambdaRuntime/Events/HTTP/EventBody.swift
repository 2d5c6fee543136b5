import Digests
import JSON

/// A body in JSON: text, or base64 of bytes that are no text.
package struct EventBody: Sendable, Equatable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The `body` of an event; empty where it has none.
    ///
    /// - Throws: `.invalidBase64`, or as the reader.
    init(_ reader: EventReader) throws(LambdaEventError) {
        let isBase64Encoded = try reader.bool("isBase64Encoded") ?? false
        let bytes = try reader.withText("body") { (text) throws(LambdaEventError) in
            guard isBase64Encoded else { return Array(text) }
            guard let bytes = Base64.decode(ascii: text) else { throw .invalidBase64 }
            return bytes
        }
        self.bytes = bytes ?? []
    }

    /// Bytes that are UTF-8 go as text, any other as base64.
    func encode(to writer: inout JSONWriter) {
        let isText = bytes.withUnsafeBufferPointer(UTF8Text.isValid)
        writer.member("body", utf8: isText ? bytes : Base64.encodedASCII(bytes))
        writer.member("isBase64Encoded", !isText)
    }

    /// About as many bytes as a reply with this body has: a quarter more for escapes, a third for base64, and the rest.
    var replyBytesExpected: Int { bytes.count + bytes.count / 3 + 1024 }
}
