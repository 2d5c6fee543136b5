/// An address of mail that can stand in a header and in a command as it is: `local@domain`, ASCII only.
///
/// Quoted local parts and addresses in brackets are refused, though RFC 5321 has them: nobody is reached by them alone, and each is a
/// way to write what a mail server reads otherwise.
package struct MailAddress: Sendable, Hashable, CustomStringConvertible {
    /// 254 bytes (RFC 5321 section 4.5.3.1.3, less the angle brackets).
    package static let byteCountMax = 254
    /// 64 bytes (RFC 5321 section 4.5.3.1.1).
    private static let localBytesMax = 64

    package let description: String
    /// What stands after the `@`.
    package let domain: String

    /// - Returns: nil for anything else, control characters and blanks included. A domain beyond ASCII is written in Punycode.
    package init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.count <= MailAddress.byteCountMax, let at = bytes.lastIndex(of: UInt8(ascii: "@")) else {
            return nil
        }
        let local = bytes[..<at]
        let domain = bytes[bytes.index(after: at)...]
        guard local.count <= MailAddress.localBytesMax, MailSyntax.isDotAtom(local), MailSyntax.isDomain(domain) else {
            return nil
        }
        description = text
        self.domain = String(text[at...].dropFirst())
    }
}

/// The grammar of what stands in angle brackets.
enum MailSyntax {
    /// Atoms with dots between them (RFC 5322 section 3.2.3).
    static func isDotAtom(_ bytes: Substring.UTF8View) -> Bool {
        bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty && atom.allSatisfy { isAlphanumeric($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
        }
    }

    /// Labels of letters, digits and hyphens (RFC 1035 section 2.3.1).
    static func isDomain(_ bytes: Substring.UTF8View) -> Bool {
        bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            1...63 ~= label.count && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// Whether a text has a character that ends a line for some reader, or that none shows.
    static func hasControlCharacter(_ text: String) -> Bool {
        text.unicodeScalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
    }
}
