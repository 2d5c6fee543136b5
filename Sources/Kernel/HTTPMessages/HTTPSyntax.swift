/// The grammar of names and values in a head.
package enum HTTPSyntax {
    /// Whether `text` is a token (RFC 9110 section 5.6.2).
    package static func isToken(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(isTokenByte) }

    package static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case _ where isDigit(byte): true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Whether `text` has no control character but the tabulator (RFC 9110 section 5.5).
    package static func isFieldValue(_ text: String) -> Bool { text.utf8.allSatisfy(isFieldValueByte) }

    package static func isFieldValueByte(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte != 0x7F) || byte == 0x09 }

    /// Whether the byte may stand around a field's value (RFC 9110 section 5.6.3).
    package static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Whether a comma-separated list has the member `lowercase`, in any case.
    package static func lists(_ text: String, _ lowercase: String) -> Bool {
        text.utf8.split(separator: UInt8(ascii: ",")).contains { member in
            let start = member.drop(while: isBlank)
            let word = start.prefix { !isBlank($0) }
            return start.dropFirst(word.count).allSatisfy(isBlank) && isSame(Substring(word), lowercase)
        }
    }

    /// Whether `text` can stand in a `Host` field: empty, or the characters of `host [":" port]` (RFC 3986 section
    /// 3.2).
    package static func isHost(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "#"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "|"): false
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="),
                UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: isTokenByte(byte)
            }
        }
    }

    package static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    /// Whether `text` is `lowercase` but for the case of its letters.
    package static func isSame(_ text: some StringProtocol, _ lowercase: String) -> Bool {
        text.utf8.count == lowercase.utf8.count
            && zip(text.utf8, lowercase.utf8).allSatisfy { byte, expected in
                (UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte) == expected
            }
    }
}
