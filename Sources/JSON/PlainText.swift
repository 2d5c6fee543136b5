/// What most of a string is made of: text that needs no escape, looked through eight bytes at a time.
package enum PlainText {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The place of the first byte from `start` on that is a quotation mark, a backslash, a control character or not ASCII;
    /// the end of the bytes if there is none.
    package static func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        end(in: bytes, from: start, stoppingAt: highBits)
    }

    /// As `end(in:from:)`, but what is not ASCII is passed over.
    package static func endOfUnescaped(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        end(in: bytes, from: start, stoppingAt: 0)
    }

    /// - Parameter alsoMarked: the high bits where bytes that have one end the text.
    private static func end(
        in bytes: UnsafeBufferPointer<UInt8>, from start: Int, stoppingAt alsoMarked: UInt64
    ) -> Int {
        guard let base = bytes.baseAddress else { return start }
        let count = bytes.count
        var index = start
        while index &+ 8 <= count {
            let word = UInt64(
                littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: UInt64.self))
            // A borrow can only mark bytes above one that is marked rightly, and the lowest mark is what counts.
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            let marks =
                ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | (word &- ones &* 0x20) & ~word
                    | word & alsoMarked) & highBits
            if marks != 0 { return index &+ marks.trailingZeroBitCount >> 3 }
            index &+= 8
        }
        while index < count, isPlain(base[index]) || (alsoMarked == 0 && base[index] >= 0x80) { index &+= 1 }
        return index
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        0x20..<0x80 ~= byte && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}
