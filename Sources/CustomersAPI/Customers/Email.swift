import Telemetry

/// An e-mail address that can be delivered to: the `local@domain` form of the HTML standard, with a dot in the domain.
struct Email: Sendable, Equatable, Undisclosed {
    /// RFC 5321 section 4.5.3.1.3, less the angle brackets.
    static let lengthMax = 254

    let text: String

    init?(_ text: String) {
        var text = text
        guard text.withUTF8(Email.isEmail) else { return nil }
        self.text = text
    }

    private static func isEmail(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, bytes.count <= lengthMax, !parts[0].isEmpty, parts[0].allSatisfy(isLocalCharacter)
        else { return false }
        let labels = parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.count >= 2 && labels.allSatisfy(isDomainLabel)
    }

    private static func isLocalCharacter(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || ".!#$%&'*+/=?^_`{|}~-".utf8.contains(byte)
    }

    private static func isDomainLabel(_ label: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        1...63 ~= label.count && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
            && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
