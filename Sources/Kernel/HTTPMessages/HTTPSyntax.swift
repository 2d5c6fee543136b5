private import JSON

/// The grammar of names and values in a head, byte by byte.
package enum HTTPSyntax {
    /// Whether `text` is a token (RFC 9110 section 5.6.2).
    package static func isToken(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { !$0.isEmpty && $0.allSatisfy(isTokenByte) }
    }

    package static func isTokenByte(_ byte: UInt8) -> Bool {
        byte < 0x80 && (byte < 0x40 ? tokenBytes.low : tokenBytes.high) >> UInt64(byte & 63) & 1 == 1
    }

    /// A bit for each byte: letters, digits and ``!#$%&'*+-.^_`|~``.
    private static let tokenBytes: (low: UInt64, high: UInt64) = (0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)

    /// Whether `text` has no control character but the tabulator (RFC 9110 section 5.5).
    package static func isFieldValue(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { $0.allSatisfy(isFieldValueByte) }
    }

    package static func isFieldValueByte(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte != 0x7F) || byte == 0x09 }

    /// Whether the byte may stand around a field's value (RFC 9110 section 5.6.3).
    package static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    package static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    package static func isHexadecimalDigit(_ byte: UInt8) -> Bool { hexadecimalValue(byte) != nil }

    /// Whether a URI may hold the byte as it is, whatever part it stands in (RFC 3986 section 2.3).
    package static func isUnreserved(_ byte: UInt8) -> Bool {
        isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || "-._~".utf8.contains(byte)
    }

    /// Whether the byte can stand in a `Host` field, which is empty or `host [":" port]` (RFC 3986 section 3.2).
    package static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "#"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "|"): false
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="),
            UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: isTokenByte(byte)
        }
    }

    /// Whether two texts are the same but for the case of ASCII letters.
    package static func isSame(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
        isSame(String(left), String(right))
    }

    /// As that of all texts.
    package static func isSame(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        var (left, right) = (left, right)
        return left.withUTF8 { left in right.withUTF8 { isSame(left, $0) } }
    }

    private static func isSame(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        left.indices.allSatisfy { left[$0] == right[$0] || lowercased(left[$0]) == lowercased(right[$0]) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }
}
