/// Base64 with padding in the standard alphabet (RFC 4648 section 4).
package enum Base64 {
    private static let alphabet = Base64Alphabet("+/")

    package static func encode(_ bytes: [UInt8]) -> String {
        var text = alphabet.encode(bytes)
        while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes, or nil when `text` is not exactly what `encode` gives for some bytes.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.count % 4 == 0 else { return nil }
        let padding = text.utf8.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return alphabet.decode(text.utf8.dropLast(padding))
    }
}

/// Base64 without padding in the URL-safe alphabet (RFC 4648 section 5).
package enum Base64URL {
    private static let alphabet = Base64Alphabet("-_")

    package static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: alphabet.encode(bytes), as: UTF8.self)
    }

    /// The bytes, or nil when `text` is not exactly what `encode` gives for some bytes.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? { alphabet.decode(text.utf8) }
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
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let rest = bytes.count - index
            let group =
                UInt32(bytes[index]) << 16 | (rest > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                | (rest > 2 ? UInt32(bytes[index + 2]) : 0)
            for position in 0..<min(rest + 1, 4) {
                text.append(characters[Int(group >> (18 - 6 * UInt32(position)) & 63)])
            }
            index += 3
        }
        return text
    }

    /// Without padding; nil when bits are left over that no byte owns.
    func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var group: UInt32 = 0
        var bits = 0
        for character in text {
            let value = values[Int(character)]
            guard value < 64 else { return nil }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
                group &= 1 << UInt32(bits) - 1
            }
        }
        return bits < 6 && group == 0 ? bytes : nil
    }
}
