private import Glibc

// What a client wrote is compared and hashed by its UTF-8 bytes. `String` compares canonical forms of Unicode: a run of n
// combining marks takes it n² steps, so that a body of 256 KiB can keep a thread busy for many seconds. It also holds two
// spellings of one letter to be equal, where RFC 8259 section 8.3 and RFC 9110 see two texts.

extension StringProtocol {
    /// Whether two texts are the same byte by byte, in time linear in the shorter one.
    package func hasSameBytes(as other: some StringProtocol) -> Bool {
        let isSame: Bool?? = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { left.hasSameBytes(as: $0) }
        }
        return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }

    /// The first `count` Unicode scalars, for a message that quotes what a client wrote. A prefix of characters would have no
    /// bound: any number of combining marks make one character.
    package func beginning(_ count: Int) -> String {
        String(String.UnicodeScalarView(unicodeScalars.prefix(count)))
    }
}

extension String {
    /// As that of all texts. A call from another module reaches a generic function through tables of witnesses, which takes ten
    /// times as long.
    package func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let isSame: Bool?? = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { left.hasSameBytes(as: $0) }
        }
        return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate func hasSameBytes(as other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard count == other.count else { return false }
        guard let start = baseAddress, let otherStart = other.baseAddress else { return true }
        return memcmp(start, otherStart, count) == 0
    }
}

/// A text of a client as the key of a set or a dictionary.
package struct TextKey: Sendable, Hashable {
    package let text: String

    package init(_ text: some StringProtocol) { self.text = String(text) }

    package static func == (left: TextKey, right: TextKey) -> Bool { left.text.hasSameBytes(as: right.text) }

    package func hash(into hasher: inout Hasher) {
        // The byte that no UTF-8 has ends the text.
        let end: UInt8 = 0xFF
        if text.utf8.withContiguousStorageIfAvailable({ hasher.combine(bytes: UnsafeRawBufferPointer($0)) }) == nil {
            for byte in text.utf8 { hasher.combine(byte) }
        }
        hasher.combine(end)
    }
}

/// The value of a hexadecimal digit in either case; nil for any other byte.
package func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte & 15
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): byte & 15 + 9
    default: nil
    }
}
