private import HTTPMessages

/// A path and query of an event as the target of a request line (RFC 9112 section 3.2.1).
enum RequestTarget {
    /// API Gateway decodes some paths before it hands them on. What may not stand in a target is escaped again, so that a
    /// decoded `?` or blank cannot change where the path ends; escapes that are there stay.
    static func text(path: String, query: String) -> String {
        var target: [UInt8] = []
        target.reserveCapacity(path.utf8.count + query.utf8.count + 2)
        if path.utf8.first != UInt8(ascii: "/") { target.append(UInt8(ascii: "/")) }
        append(path, to: &target) { $0 != UInt8(ascii: "?") }
        if !query.isEmpty {
            target.append(UInt8(ascii: "?"))
            append(query, to: &target) { _ in true }
        }
        return String(decoding: target, as: UTF8.self)
    }

    private static func append(_ text: String, to target: inout [UInt8], isAllowed: (UInt8) -> Bool) {
        for byte in text.utf8 {
            if 0x21...0x7E ~= byte, byte != UInt8(ascii: "#"), isAllowed(byte) {
                target.append(byte)
            } else {
                PercentEncoding.append(byte, to: &target)
            }
        }
    }
}
