/// Base64 with padding in the standard alphabet (RFC 4648 section 4).
package enum Base64 {
    private static let alphabet = Base64Alphabet("+/")

    package static func encode(_ bytes: [UInt8]) -> String { String(decoding: encodedASCII(bytes), as: UTF8.self) }

    /// What `encode` gives, in ASCII.
    package static func encodedASCII(_ bytes: [UInt8]) -> [UInt8] {
        var text = alphabet.encode(bytes)
        while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return text
    }

    /// The bytes, or nil when `text` is not exactly what `encode` gives for some bytes.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var text = String(text)
        return text.withUTF8 { decode(ascii: $0) }
    }

    /// As `decode` of a text.
    package static func decode(ascii text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return alphabet.decode(UnsafeBufferPointer(rebasing: text.dropLast(padding)))
    }
}

/// Base64 without padding in the URL-safe alphabet (RFC 4648 section 5).
package enum Base64URL {
    private static let alphabet = Base64Alphabet("-_")

    package static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: alphabet.encode(bytes), as: UTF8.self)
    }

    /// The bytes, or nil when `text` is not exactly what `encode` gives for some bytes.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var text = String(text)
        return text.withUTF8 { alphabet.decode($0) }
    }
}

/// The two alphabets differ in their last two characters only.
///
/// Written here because libcrypto's decoder skips what it cannot read, and a cursor must be refused instead.
private struct Base64Alphabet: Sendable {
    private let characters: [UInt8]
    /// The value of each byte; 64 for a byte that is not in the alphabet.
    private let values: [UInt8]

    init(_ lastTwo: StaticString) {
        characters =
            Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
            + UnsafeBufferPointer(start: lastTwo.utf8Start, count: 2)
        var values = [UInt8](repeating: 64, count: 256)
        for (value, character) in characters.enumerated() { values[Int(character)] = UInt8(value) }
        self.values = values
    }

    /// Without padding.
    func encode(_ bytes: [UInt8]) -> [UInt8] {
        let rest = bytes.count % 3
        let textCount = bytes.count / 3 * 4 + (rest == 0 ? 0 : rest + 1)
        return [UInt8](unsafeUninitializedCapacity: textCount + 1) { text, count in
            characters.withUnsafeBufferPointer { characters in
                for index in stride(from: 0, to: bytes.count - rest, by: 3) {
                    let group = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
                    text[count] = characters[group >> 18]
                    text[count + 1] = characters[group >> 12 & 63]
                    text[count + 2] = characters[group >> 6 & 63]
                    text[count + 3] = characters[group & 63]
                    count += 4
                }
                guard rest > 0 else { return }
                let group = Int(bytes[bytes.count - rest]) << 16 | (rest > 1 ? Int(bytes[bytes.count - 1]) << 8 : 0)
                text[count] = characters[group >> 18]
                text[count + 1] = characters[group >> 12 & 63]
                if rest > 1 { text[count + 2] = characters[group >> 6 & 63] }
                count = textCount
            }
        }
    }

    /// Without padding; nil when bits are left over that no byte owns.
    func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let rest = text.count % 4
        guard rest != 1 else { return nil }
        // Of all values together: 64 is a bit that no value within the alphabet has.
        var seen = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 3) { bytes, count in
            values.withUnsafeBufferPointer { values in
                func value(_ index: Int) -> Int {
                    let value = Int(values[Int(text[index])])
                    seen |= value
                    return value
                }
                for index in stride(from: 0, to: text.count - rest, by: 4) {
                    let group = value(index) << 18 | value(index + 1) << 12 | value(index + 2) << 6 | value(index + 3)
                    bytes[count] = UInt8(truncatingIfNeeded: group >> 16)
                    bytes[count + 1] = UInt8(truncatingIfNeeded: group >> 8)
                    bytes[count + 2] = UInt8(truncatingIfNeeded: group)
                    count += 3
                }
                guard rest > 0 else { return }
                let start = text.count - rest
                let group = value(start) << 18 | value(start + 1) << 12 | (rest > 2 ? value(start + 2) << 6 : 0)
                // The bits below those of the last byte are nobody's.
                if group & (rest > 2 ? 0xFF : 0xFFFF) != 0 { seen = 64 }
                bytes[count] = UInt8(truncatingIfNeeded: group >> 16)
                if rest > 2 { bytes[count + 1] = UInt8(truncatingIfNeeded: group >> 8) }
                count += rest - 1
            }
        }
        return seen < 64 ? bytes : nil
    }
}
