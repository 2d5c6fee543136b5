private import Glibc

/// The smallest parts of a reply (RFC 9112, RFC 9110 section 5.6): lines, names, numbers. Knows nothing of connections.
enum ReplyText {
    /// The first line from `start` on, without its line break, after which the next one begins two bytes on.
    ///
    /// - Returns: nil while the line break has not come.
    /// - Throws: for LF without CR and CR without LF, which some readers take for a line break, and for NUL.
    static func line(
        in text: UnsafeRawBufferPointer, from start: Int
    ) throws(RuntimeConnection.Failure) -> Range<Int>? {
        guard let base = text.baseAddress, start < text.count,
            let found = memchr(base + start, 0x0A, text.count - start)
        else { return nil }
        let end = UnsafeRawPointer(found) - base - 1
        guard end >= start, text[end] == 0x0D, memchr(base + start, 0x0D, end - start) == nil else {
            throw .malformed("a line does not end with CR LF")
        }
        guard memchr(base + start, 0, end - start) == nil else { throw .malformed("a line holds NUL") }
        return start..<end
    }

    /// `range` without the blanks at its ends.
    static func trimmed(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, isBlank(text[start]) { start += 1 }
        while start < end, isBlank(text[end - 1]) { end -= 1 }
        return start..<end
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// As much of the beginning of `range` as can be the name of a field (RFC 9110 section 5.6.2).
    static func token(in text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Range<Int> {
        var end = range.lowerBound
        while end < range.upperBound, isTokenByte(text[end]) { end += 1 }
        return range.lowerBound..<end
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        byte < 0x80 && (byte < 0x40 ? tokenBytes.low : tokenBytes.high) >> UInt64(byte & 63) & 1 == 1
    }

    /// A bit for each byte: letters, digits and ``!#$%&'*+-.^_`|~``.
    private static let tokenBytes: (low: UInt64, high: UInt64) = (0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)

    /// Whether `range` is `name`, in any case.
    static func isName(_ text: UnsafeRawBufferPointer, _ range: Range<Int>, _ name: StaticString) -> Bool {
        guard let base = text.baseAddress, range.count == name.utf8CodeUnitCount else { return false }
        return strncasecmp(
            (base + range.lowerBound).assumingMemoryBound(to: CChar.self),
            UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), range.count) == 0
    }

    /// 32: more leading zeros than any server pads with.
    private static let digitsMax = 32
    /// 8: larger than anything that is accepted, smaller than what overflows.
    private static let significantDigitsMax = 8

    /// A number in digits alone, of which any may be leading zeros; nil for anything else.
    static func number(_ text: UnsafeRawBufferPointer, _ range: Range<Int>, radix: Int) -> Int? {
        guard 1...digitsMax ~= range.count else { return nil }
        var significantCount = 0
        var value = 0
        for position in range {
            let byte = text[position]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: return nil
            }
            if significantCount > 0 || digit > 0 { significantCount += 1 }
            guard digit < radix, significantCount <= significantDigitsMax else { return nil }
            value = value * radix + Int(digit)
        }
        return value
    }

    /// The size that the first line of a chunk tells, its extensions passed over (RFC 9112 section 7.1); nil for a line that
    /// tells none.
    static func chunkSize(_ text: UnsafeRawBufferPointer, _ line: Range<Int>) -> Int? {
        var end = line.lowerBound
        while end < line.upperBound, text[end] != UInt8(ascii: ";"), !isBlank(text[end]) { end += 1 }
        let rest = trimmed(text, end..<line.upperBound)
        guard rest.isEmpty || text[rest.lowerBound] == UInt8(ascii: ";") else { return nil }
        return number(text, line.lowerBound..<end, radix: 16)
    }
}
