internal import HTTPMessages

/// Decides whether a response can be written as it is: a value with a line end in it would let whoever chose the value
/// write fields, or a whole response, of his own (response splitting).
enum ResponseFraming {
    /// Names and values together. 4 KiB: several times what this product sends, and it always fits into what the
    /// largest request leaves of its connection's memory, where the library writes it.
    static let headerBytesMax = 4 << 10

    /// What is wrong with a response, for the log; nil when nothing is.
    static func flaw(in response: Response) -> String? {
        guard 200..<600 ~= response.status.code else { return "status \(response.status) is not a final one" }
        var byteCount = 0
        for field in response.headers.fields {
            guard HTTPSyntax.isToken(field.name) else { return "a field name is not a token" }
            guard !field.value.isEmpty, HTTPSyntax.isFieldValue(field.value) else {
                return "the value of \(field.name) is empty or has a control character"
            }
            guard !HTTPSyntax.isSame(field.name, "transfer-encoding") else {
                return "the framing of the body is the server's"
            }
            byteCount += field.name.utf8.count + field.value.utf8.count
        }
        return byteCount <= headerBytesMax ? nil : "the fields have more than \(headerBytesMax) bytes"
    }
}
