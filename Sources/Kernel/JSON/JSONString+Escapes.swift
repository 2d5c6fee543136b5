extension JSONString {
    /// The text that the content of a string stands for, its escapes read. Whether it is UTF-8 is not looked at.
    ///
    /// - Parameter offset: where the content stands in its JSON text.
    /// - Throws: `invalidEscape`.
    package static func unescaped(
        _ content: UnsafeBufferPointer<UInt8>, offset: Int
    ) throws(JSONParseError) -> [UInt8] {
        var failure: JSONParseError?
        let text = [UInt8](unsafeUninitializedCapacity: content.count) { text, count in
            guard let source = content.baseAddress, let target = text.baseAddress else { return }
            var reader = EscapeReader(source: source, end: content.count, target: target, offset: offset)
            do throws(JSONParseError) { count = try reader.read() } catch { failure = error }
        }
        if let failure { throw failure }
        return text
    }

    /// The text from `start` on as a string holds it, until it ends or the next step may not fit any more.
    ///
    /// - Parameters:
    ///   - start: becomes the place from which the next call has to go on.
    ///   - target: at least `stepBytesMax`.
    /// - Returns: how many bytes were written.
    static func escape(
        _ text: UnsafeBufferPointer<UInt8>, from start: inout Int, into target: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        guard let source = text.baseAddress, let written = target.baseAddress else { return 0 }
        var index = start
        var count = 0
        while index < text.count, count &+ stepBytesMax <= target.count {
            if index &+ 8 <= text.count {
                let plainCount = copyWord(source + index, to: written + count, until: PlainText.escapes)
                index &+= plainCount
                count &+= plainCount
                if plainCount == 8 { continue }
            } else if !PlainText.isEscaped(source[index]) {
                written[count] = source[index]
                index &+= 1
                count &+= 1
                continue
            }
            count &+= writeEscape(of: source[index], to: written + count)
            index &+= 1
        }
        start = index
        return count
    }

    /// Copies eight bytes.
    ///
    /// - Returns: how many of them come before the first that is marked; what is written next is to replace the others.
    @inline(__always)
    fileprivate static func copyWord(
        _ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, until marks: (UInt64) -> UInt64
    ) -> Int {
        let word = PlainText.word(source, 0)
        UnsafeMutableRawPointer(target).storeBytes(of: word.littleEndian, as: UInt64.self)
        let found = marks(word)
        return found == 0 ? 8 : found.trailingZeroBitCount >> 3
    }

    /// A word of plain text, and an escape after it.
    static let stepBytesMax = 16

    /// - Returns: how many bytes were written, 6 at most.
    private static func writeEscape(of byte: UInt8, to target: UnsafeMutablePointer<UInt8>) -> Int {
        target[0] = UInt8(ascii: "\\")
        switch byte {
        case 0x0A: target[1] = UInt8(ascii: "n")
        case 0x0D: target[1] = UInt8(ascii: "r")
        case 0x09: target[1] = UInt8(ascii: "t")
        case 0..<0x20:
            target[1] = UInt8(ascii: "u")
            target[2] = UInt8(ascii: "0")
            target[3] = UInt8(ascii: "0")
            target[4] = UInt8(ascii: "0") + byte >> 4
            target[5] = byte & 15 < 10 ? UInt8(ascii: "0") + byte & 15 : UInt8(ascii: "a") + byte & 15 - 10
            return 6
        default: target[1] = byte
        }
        return 2
    }
}

/// Reads the escapes of one string. What it writes is never longer than what it has read.
private struct EscapeReader {
    private let source: UnsafePointer<UInt8>
    private let end: Int
    private let target: UnsafeMutablePointer<UInt8>
    private let offset: Int
    private var position = 0
    private var count = 0

    init(source: UnsafePointer<UInt8>, end: Int, target: UnsafeMutablePointer<UInt8>, offset: Int) {
        self.source = source
        self.end = end
        self.target = target
        self.offset = offset
    }

    mutating func read() throws(JSONParseError) -> Int {
        while position < end {
            if position &+ 8 <= end {
                let read = JSONString.copyWord(source + position, to: target + count, until: PlainText.backslashes)
                position &+= read
                count &+= read
                if read == 8 { continue }
            } else if source[position] != UInt8(ascii: "\\") {
                append(source[position])
                position &+= 1
                continue
            }
            position &+= 1
            // By far the most escapes of a body that is JSON itself.
            if position < end, source[position] == UInt8(ascii: "\"") {
                append(UInt8(ascii: "\""))
                position &+= 1
            } else {
                try escape()
            }
        }
        return count
    }

    private mutating func append(_ byte: UInt8) {
        target[count] = byte
        count &+= 1
    }

    /// What follows a backslash.
    private mutating func escape() throws(JSONParseError) {
        guard position < end else { throw invalid(at: position) }
        let byte = source[position]
        position &+= 1
        switch byte {
        case UInt8(ascii: "\\"), UInt8(ascii: "/"): append(byte)
        case UInt8(ascii: "b"): append(0x08)
        case UInt8(ascii: "f"): append(0x0C)
        case UInt8(ascii: "n"): append(0x0A)
        case UInt8(ascii: "r"): append(0x0D)
        case UInt8(ascii: "t"): append(0x09)
        case UInt8(ascii: "u"):
            for unit in UTF8.encode(try scalar()) ?? UTF8.encodedReplacementCharacter { append(unit) }
        default: throw invalid(at: position - 1)
        }
    }

    private mutating func scalar() throws(JSONParseError) -> Unicode.Scalar {
        let start = position
        var code = try fourHexadecimalDigits()
        if 0xD800...0xDBFF ~= code {
            guard position + 1 < end, source[position] == UInt8(ascii: "\\"), source[position + 1] == UInt8(ascii: "u")
            else { throw invalid(at: start) }
            position += 2
            let low = try fourHexadecimalDigits()
            guard 0xDC00...0xDFFF ~= low else { throw invalid(at: start) }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw invalid(at: start) }
        return scalar
    }

    private mutating func fourHexadecimalDigits() throws(JSONParseError) -> UInt32 {
        guard position + 4 <= end else { throw invalid(at: end) }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = hexadecimalValue(source[position]) else {
                throw invalid(at: position)
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    private func invalid(at position: Int) -> JSONParseError {
        JSONParseError(.invalidEscape, offset: offset + position)
    }
}
