import Digests
import MySQL
import Telemetry

/// What names an event for ever and everywhere: a random UUID (RFC 9562, version 4).
struct EventID: Hashable, Sendable, SQLBindable {
    /// 16.
    let bytes: [UInt8]

    /// A new one, like no other.
    init() {
        var bytes = RandomReserve.take(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        self.bytes = bytes
    }

    /// As a column holds it.
    ///
    /// - Throws: `decoding` where it has not 16 bytes.
    init(_ bytes: [UInt8]) throws(DatabaseError) {
        guard bytes.count == 16 else { throw .decoding("an event's id is not 16 bytes") }
        self.bytes = bytes
    }

    /// Reads `text`; nil for another form.
    init?(_ text: some StringProtocol) {
        let digits = text.utf8.filter { $0 != EventID.dash }
        guard digits.count == 32 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 32, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        self.bytes = bytes
        guard self.text.utf8.elementsEqual(text.utf8) else { return nil }
    }

    /// `7f3c1e5a-9d50-4c6e-8a35-2f6d1f0b7c11`, in lower case.
    var text: String {
        let digits = Array(Hex.encode(bytes).utf8)
        return String(unsafeUninitializedCapacity: 36) { text in
            var end = 0
            for (index, digit) in digits.enumerated() {
                if [8, 12, 16, 20].contains(index) {
                    text[end] = EventID.dash
                    end += 1
                }
                text[end] = digit
                end += 1
            }
            return end
        }
    }

    private static let dash = UInt8(ascii: "-")

    var sqlValue: SQLValue { .bytes(bytes) }
}
