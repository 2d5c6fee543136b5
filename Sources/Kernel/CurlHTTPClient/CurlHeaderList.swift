import CCurl
import HTTPMessages

/// The header fields of one request in libcurl's form, checked; freed with the value.
struct CurlHeaderList: ~Copyable {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    /// - Throws: `TransportError.invalidRequest` for a field that could change the framing of the message (RFC 9110 sections
    ///   5.1 and 5.5).
    init(_ request: Request) throws(TransportError) {
        for field in request.headers.fields { try CurlHeaderList.check(field) }
        if request.sendsBody {
            // libcurl would wait for a "100 Continue" before a large body, and call every body without a type a form.
            try append("Expect:", "")
            if request.headers["Content-Type"] == nil { try append("Content-Type:", "") }
        }
        for field in request.headers.fields {
            // libcurl takes "Name:" for the removal of a field of its own; "Name;" is how it sends an empty one.
            try append(field.name, field.value.isEmpty ? ";" : ": ", field.value)
        }
    }

    deinit { curl_slist_free_all(first) }

    /// Adds a line. libcurl copies it.
    private mutating func append(_ name: String, _ separator: String, _ value: String = "") throws(TransportError) {
        let byteCount = name.utf8.count + separator.utf8.count + value.utf8.count + 1
        let list = withUnsafeTemporaryAllocation(of: CChar.self, capacity: byteCount) { line in
            var end = 0
            for var part in [name, separator, value] {
                part.withUTF8 { bytes in
                    for byte in bytes {
                        line.initializeElement(at: end, to: CChar(bitPattern: byte))
                        end += 1
                    }
                }
            }
            line.initializeElement(at: end, to: 0)
            return curl_slist_append(first, line.baseAddress)
        }
        guard let list else { throw .notSent(reason: "no memory left") }
        first = list
    }

    /// - Throws: `TransportError.invalidRequest` for a method or target that could change the framing of the message
    ///   (RFC 9110 section 9.1; RFC 9112 section 3.2).
    static func check(_ request: Request) throws(TransportError) {
        guard request.method == .get || request.method == .post || HTTPSyntax.isToken(request.method.rawValue) else {
            throw .invalidRequest("the method is not a token")
        }
        guard isTarget(request.target) else {
            throw .invalidRequest("the target is not a path with visible ASCII characters only")
        }
        guard request.body.isEmpty || request.method != .head else {
            throw .invalidRequest("a HEAD request has no body")
        }
    }

    private static func check(_ field: HeaderFields.Field) throws(TransportError) {
        guard HTTPSyntax.isToken(field.name) else { throw .invalidRequest("a header field's name is not a token") }
        guard !framing.contains(where: { HTTPSyntax.isSame($0, field.name) }) else {
            throw .invalidRequest("the header field \(field.name) is the transport's")
        }
        guard HTTPSyntax.isFieldValue(field.value) else {
            throw .invalidRequest("the header field \(field.name) has a control character in its value")
        }
    }

    private static func isTarget(_ text: String) -> Bool {
        // Of the bytes in memory, where there are such: several times as fast as character by character of UTF-8.
        let isTarget: (UnsafeBufferPointer<UInt8>) -> Bool = { bytes in
            bytes.first == UInt8(ascii: "/") && bytes.allSatisfy { 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "#") }
        }
        return text.utf8.withContiguousStorageIfAvailable(isTarget)
            ?? Array(text.utf8).withUnsafeBufferPointer(isTarget)
    }

    private static let framing = [
        "host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", "te", "trailer",
    ]
}

extension Request {
    /// Whether the message has a body, an empty one included, which these methods always announce (RFC 9110 section 8.6).
    var sendsBody: Bool { !body.isEmpty || method == .post || method == .put || method == .patch }
}
