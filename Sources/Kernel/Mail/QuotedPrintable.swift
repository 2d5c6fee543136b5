/// Text of any language in short lines of ASCII, most of which can be read as they are (RFC 2045 section 6.7).
enum QuotedPrintable {
    /// Of a line, without its end.
    private static let lineBytesMax = 76
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// - Parameter text: its lines end in LF, CR or CR LF.
    /// - Returns: with CR LF after each line.
    static func encode(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count + text.utf8.count / 8 + 2)
        // By characters, of which CR LF is one.
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: { ["\r\n", "\r", "\n"].contains($0) })
        {
            append(Array(line.utf8), to: &result)
        }
        // After a text that ends its last line nothing stands.
        if text.utf8.last == UInt8(ascii: "\n") || text.utf8.last == UInt8(ascii: "\r") { result.removeLast(2) }
        return result
    }

    private static func append(_ line: [UInt8], to result: inout [UInt8]) {
        var columnCount = 0
        for (index, byte) in line.enumerated() {
            let isLast = index == line.count - 1
            let unit = unit(byte, isLast: isLast)
            // Each line but the last ends in a mark, for which there must be room.
            if columnCount + unit.count > (isLast ? lineBytesMax : lineBytesMax - 1) {
                result += Array("=\r\n".utf8)
                columnCount = 0
            }
            result += unit
            columnCount += unit.count
        }
        result += Array("\r\n".utf8)
    }

    /// A blank at the end of a line would be lost on its way.
    private static func unit(_ byte: UInt8, isLast: Bool) -> [UInt8] {
        let isBlank = byte == 0x20 || byte == 0x09
        let isPlain = 0x21...0x7E ~= byte && byte != UInt8(ascii: "=") || isBlank && !isLast
        return isPlain ? [byte] : hexadecimal(byte)
    }

    private static func hexadecimal(_ byte: UInt8) -> [UInt8] {
        [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
