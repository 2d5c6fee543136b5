/// What stands between the quotation marks of a JSON string: found, read and written eight bytes at a time.
package enum JSONString {
    /// Where the string ends that begins at `start`, and whether it is ASCII without an escape, so that its bytes are its text.
    ///
    /// - Returns: the place of the closing quotation mark.
    /// - Throws: `unexpectedEnd`, `controlCharacter`.
    package static func end(
        in bytes: UnsafeBufferPointer<UInt8>, from start: Int
    ) throws(JSONParseError) -> (place: Int, isPlain: Bool) {
        let place = PlainText.end(in: bytes, from: start)
        if place < bytes.count, bytes[place] == UInt8(ascii: "\"") { return (place, true) }
        return (try end(in: bytes, fromOther: place), false)
    }

    private static func end(
        in bytes: UnsafeBufferPointer<UInt8>, fromOther start: Int
    ) throws(JSONParseError) -> Int {
        guard let base = bytes.baseAddress else { throw JSONParseError(.unexpectedEnd, offset: 0) }
        let count = bytes.count
        var index = start
        while index < count {
            if index &+ 8 <= count {
                let marks = PlainText.escapes(PlainText.word(base, index))
                guard marks != 0 else {
                    index &+= 8
                    continue
                }
                index &+= marks.trailingZeroBitCount >> 3
            } else if !PlainText.isEscaped(base[index]) {
                index &+= 1
                continue
            }
            switch base[index] {
            case UInt8(ascii: "\""): return index
            case UInt8(ascii: "\\"): index &+= 2
            default: throw JSONParseError(.controlCharacter, offset: index)
            }
        }
        throw JSONParseError(.unexpectedEnd, offset: count)
    }
}
