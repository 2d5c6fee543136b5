/// What most of a string is made of: ASCII that needs no escape, looked through eight bytes at a time.
package enum PlainText {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The place of the first byte from `start` on that is a quotation mark, a backslash, a control character or not ASCII;
    /// the end of the bytes if there is none.
    package static func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        guard let base = bytes.baseAddress else { return start }
        let count = bytes.count
        var index = start
        while index &+ 8 <= count {
            let word = word(base, index)
            let marks = escapes(word) | word & highBits
            if marks != 0 { return index &+ marks.trailingZeroBitCount >> 3 }
            index &+= 8
        }
        guard index < count else { return index }
        // What is left of a text that has a word or more is read with the end of what was looked through.
        if count &- start >= 8 {
            let word = word(base, count &- 8)
            let marks = escapes(word) | word & highBits
            return marks == 0 ? count : count &- 8 &+ marks.trailingZeroBitCount >> 3
        }
        while index < count, base[index] < 0x80, !isEscaped(base[index]) { index &+= 1 }
        return index
    }

    /// Eight bytes, the first the lowest.
    static func word(_ base: UnsafePointer<UInt8>, _ index: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// The high bits of the bytes that a string cannot hold as they are: quotation marks, backslashes, control characters.
    ///
    /// Right up to the lowest; a borrow can mark bytes above it wrongly.
    static func escapes(_ word: UInt64) -> UInt64 {
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        return
            ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | (word &- ones &* 0x20) & ~word)
            & highBits
    }

    /// The high bits of the bytes that are backslashes, as `escapes`.
    static func backslashes(_ word: UInt64) -> UInt64 {
        let backslashes = word ^ (ones &* 0x5C)
        return (backslashes &- ones) & ~backslashes & highBits
    }

    /// Whether a string cannot hold the byte as it is.
    static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}
