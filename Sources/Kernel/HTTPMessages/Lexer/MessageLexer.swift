private import Glibc
private import JSON

/// The parts of an HTTP/1.1 message (RFC 9112; RFC 9110 section 5.6) as places in its bytes: lines, fields, names, numbers.
///
/// What a message may hold is for the heads to say; of connections nothing is known here.
package struct MessageLexer {
    package let bytes: UnsafeRawBufferPointer

    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The line that begins at `start`, without its end, behind which the next one begins two bytes on.
    ///
    /// - Parameters:
    ///   - bytesMax: of the line and its end.
    ///   - tooLong: what is thrown as soon as the line has more.
    /// - Returns: nil while the end has not come.
    /// - Throws: `.lineEnd` also for LF without CR and CR without LF, which some readers take for a line's end; `.nul`.
    package func line(
        from start: Int, bytesMax: Int, tooLong: MessageMistake
    ) throws(MessageMistake) -> Range<Int>? {
        guard let base = bytes.baseAddress, start < bytes.count else { return nil }
        guard let found = memchr(base + start, 0x0A, bytes.count - start) else {
            guard bytes.count - start <= bytesMax else { throw tooLong }
            return nil
        }
        let end = UnsafeRawPointer(found) - base - 1
        guard end + 2 - start <= bytesMax else { throw tooLong }
        guard end >= start, bytes[end] == 0x0D, memchr(base + start, 0x0D, end - start) == nil else { throw .lineEnd }
        guard memchr(base + start, 0, end - start) == nil else { throw .nul }
        return start..<end
    }

    /// The name and the value of a field's line. The value has no blanks around it, and may have control characters.
    func field(_ line: Range<Int>) throws(MessageMistake) -> (name: Range<Int>, value: Range<Int>) {
        let name = token(line)
        guard !name.isEmpty, name.upperBound < line.upperBound, bytes[name.upperBound] == UInt8(ascii: ":") else {
            throw .fieldName
        }
        return (name, trimmed(name.upperBound + 1..<line.upperBound))
    }

    /// As `field`, and no control character is in the value.
    func strictField(_ line: Range<Int>) throws(MessageMistake) -> (name: Range<Int>, value: Range<Int>) {
        let field = try field(line)
        guard bytes[field.value].allSatisfy(HTTPSyntax.isFieldValueByte) else { throw .fieldValue }
        return field
    }

    /// The x of `HTTP/1.x`, as an ASCII digit; nil for anything else.
    func minorVersion(_ range: Range<Int>) -> UInt8? {
        guard range.count == 8, bytes[range].starts(with: "HTTP/1.".utf8) else { return nil }
        let minor = bytes[range.upperBound - 1]
        return HTTPSyntax.isDigit(minor) ? minor : nil
    }

    /// As much of the beginning of `range` as is a token.
    func token(_ range: Range<Int>) -> Range<Int> { prefix(range, while: HTTPSyntax.isTokenByte) }

    /// As much of the beginning of `range` as fulfils a condition.
    @inline(__always)
    func prefix(_ range: Range<Int>, while isPart: (UInt8) -> Bool) -> Range<Int> {
        var end = range.lowerBound
        while end < range.upperBound, isPart(bytes[end]) { end += 1 }
        return range.lowerBound..<end
    }

    /// `range` without the blanks at its ends.
    package func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, HTTPSyntax.isBlank(bytes[start]) { start += 1 }
        while start < end, HTTPSyntax.isBlank(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    /// The first byte of `range`; nil where there is none.
    func first(_ range: Range<Int>) -> UInt8? { range.isEmpty ? nil : bytes[range.lowerBound] }

    /// Whether `range` is `name`, in any case.
    package func isSame(_ range: Range<Int>, _ name: StaticString) -> Bool {
        guard let base = bytes.baseAddress, range.count == name.utf8CodeUnitCount else { return false }
        return strncasecmp(
            (base + range.lowerBound).assumingMemoryBound(to: CChar.self),
            UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), range.count) == 0
    }

    /// Whether a list that is separated by commas has a member of this name, in any case.
    func lists(_ range: Range<Int>, _ name: StaticString) -> Bool {
        var rest = range
        while !rest.isEmpty {
            let member = prefix(rest) { $0 != UInt8(ascii: ",") }
            if isSame(trimmed(member), name) { return true }
            rest = rest.dropFirst(member.count + 1)
        }
        return false
    }

    /// A number in digits alone, of which any may be leading zeros; `Int.max` for one that does not fit, nil for anything
    /// else.
    package func number(_ range: Range<Int>, radix: Int = 10) -> Int? {
        var value = 0
        for byte in bytes[range] {
            guard let digit = HTTPSyntax.isDigit(byte) ? byte & 15 : hexadecimalValue(byte), digit < radix else {
                return nil
            }
            value = value > (Int.max - 15) / radix ? .max : value * radix + Int(digit)
        }
        return range.isEmpty ? nil : value
    }

    /// The text of `range`, what is not UTF-8 replaced.
    package func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }
}
