/// UTF-8 in memory that is not a `String`: to make one of a body costs a copy, and checks it at a fraction of this pace.
package enum UTF8Text {
    /// Whether the bytes are well-formed UTF-8 (The Unicode Standard, table 3-7).
    package static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        let count = bytes.count
        var index = 0
        while index < count {
            let first = base[index]
            if first < 0x80 {
                index &+= index &+ 8 <= count && PlainText.word(base, index) & PlainText.highBits == 0 ? 8 : 1
                continue
            }
            var second: ClosedRange<UInt8> = 0x80...0xBF
            let length: Int
            switch first {
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            case 0xF1...0xF3: length = 4
            default: return false
            }
            guard index &+ length <= count, second ~= base[index &+ 1] else { return false }
            if length > 2, base[index &+ 2] & 0xC0 != 0x80 { return false }
            if length > 3, base[index &+ 3] & 0xC0 != 0x80 { return false }
            index &+= length
        }
        return true
    }
}
