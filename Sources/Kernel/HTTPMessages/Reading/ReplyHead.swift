/// The status line and the fields of a reply, in bytes of their own: what is received after them, the body above all, cannot
/// change them.
///
/// It takes what servers may send and only one reader reads: one field over several lines, and leading zeros.
package struct ReplyHead {
    /// How a reader knows where the body ends (RFC 9112 section 6.3).
    package enum Framing: Equatable {
        case noBody
        case length(Int)
        case chunks
        case endOfConnection
    }

    private typealias Field = (name: Range<Int>, value: Range<Int>)

    package private(set) var status = 0
    package private(set) var framing = Framing.noBody
    /// Whether no other reply can come over the same connection.
    package private(set) var closesAfter = false
    private var bytes: [UInt8] = []
    private var fields: [Field] = []

    package init() {}

    /// Whether another head follows.
    package var isInterim: Bool { 100..<200 ~= status }

    /// The first value of a field, blanks around it removed.
    package func field(_ name: StaticString) -> String? {
        bytes.withUnsafeBytes { bytes in
            let text = MessageLexer(bytes)
            return fields.first { text.isSame($0.name, name) }.map { text.text($0.value) }
        }
    }

    /// Becomes the head that `text` begins with.
    ///
    /// - Returns: where it ends, its empty line included; nil while that has not come.
    package mutating func read(_ text: UnsafeRawBufferPointer) throws(MessageMistake) -> Int? {
        let text = MessageLexer(text)
        fields.removeAll(keepingCapacity: true)
        var folds: [Int] = []
        var start = 0
        while let line = try text.line(from: start, bytesMax: .max, tooLong: .headTooLarge) {
            if start == 0 {
                try readStatus(text, line)
            } else if line.isEmpty {
                keep(UnsafeRawBufferPointer(rebasing: text.bytes[..<start]), folds)
                (framing, closesAfter) = try bytes.withUnsafeBufferPointer { bytes throws(MessageMistake) in
                    try readFraming(MessageLexer(UnsafeRawBufferPointer(bytes)))
                }
                return start + 2
            } else if HTTPSyntax.isBlank(text.bytes[start]) {
                try continueField(text, line)
                folds.append(start)
            } else {
                fields.append(try text.field(line))
            }
            start = line.upperBound + 2
        }
        return nil
    }

    /// - Parameter folds: where lines begin that go on with a field: blanks stand for the line breaks before them (RFC 9112
    ///   section 5.2).
    private mutating func keep(_ text: UnsafeRawBufferPointer, _ folds: [Int]) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: text)
        for start in folds {
            bytes[start - 2] = 0x20
            bytes[start - 1] = 0x20
        }
    }

    /// `HTTP/1.1 200`, and perhaps a blank and a reason.
    private mutating func readStatus(_ text: MessageLexer, _ line: Range<Int>) throws(MessageMistake) {
        guard line.count >= 12, let minor = text.minorVersion(line.prefix(8)), text.bytes[8] == 0x20,
            line.count == 12 || text.bytes[12] == 0x20, let status = text.number(9..<12), 100..<600 ~= status
        else { throw .statusLine }
        // Nobody asked for another protocol.
        guard status != 101 else { throw .protocolChange }
        self.status = status
        closesAfter = minor == UInt8(ascii: "0")
    }

    /// Adds to the last field what a line that begins with a blank goes on with.
    private mutating func continueField(_ text: MessageLexer, _ line: Range<Int>) throws(MessageMistake) {
        guard let value = fields.last?.value else { throw .fieldName }
        let more = text.trimmed(line)
        if more.isEmpty { return }
        fields[fields.count - 1].value = (value.isEmpty ? more.lowerBound : value.lowerBound)..<more.upperBound
    }

    private func readFraming(_ text: MessageLexer) throws(MessageMistake) -> (Framing, closesAfter: Bool) {
        let isVersion10 = closesAfter
        var closesAfter = closesAfter
        var length: Int?
        var isChunked = false
        for (name, value) in fields {
            switch name.count {
            case 14 where text.isSame(name, "content-length"):
                guard value.count <= ReplyHead.digitsMax, let number = text.number(value), length ?? number == number
                else { throw .bodyLength }
                length = number
            case 17 where text.isSame(name, "transfer-encoding"):
                guard text.isSame(value, "chunked"), !isChunked, !isVersion10 else { throw .encodingUnknown }
                isChunked = true
            case 10 where text.isSame(name, "connection"): closesAfter = closesAfter || text.lists(value, "close")
            default: break
            }
        }
        // Whoever sent both, one of them may be another's.
        guard !isChunked || length == nil else { throw .lengthAndEncoding }
        if isInterim || status == 204 || status == 304 { return (.noBody, closesAfter) }
        if isChunked { return (.chunks, closesAfter) }
        return length.map { (.length($0), closesAfter) } ?? (.endOfConnection, true)
    }

    /// 32: more leading zeros than any server pads with.
    static let digitsMax = 32
}
