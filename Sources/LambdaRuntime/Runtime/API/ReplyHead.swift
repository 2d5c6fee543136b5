/// The status line and the fields of a reply, in bytes of their own: what is received after them, the body above all, cannot
/// change them.
struct ReplyHead {
    /// How a reader knows where the body ends (RFC 9112 section 6.3).
    enum Framing: Equatable {
        case noBody
        case length(Int)
        case chunks
        case endOfConnection
    }

    private typealias Field = (name: Range<Int>, value: Range<Int>)

    private(set) var status = 0
    private(set) var framing = Framing.noBody
    /// Whether no other reply can come over the same connection.
    private(set) var closesAfter = false
    private var bytes: [UInt8] = []
    private var fields: [Field] = []

    /// Whether another head follows.
    var isInterim: Bool { 100..<200 ~= status }

    /// The first value of a field, blanks around it removed.
    func field(_ name: StaticString) -> String? {
        bytes.withUnsafeBytes { bytes in
            for field in fields where ReplyText.isName(bytes, field.name, name) {
                return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[field.value]), as: UTF8.self)
            }
            return nil
        }
    }

    /// Becomes the head that `text` begins with.
    ///
    /// - Returns: where it ends, its empty line included; nil while that has not come.
    mutating func read(_ text: UnsafeRawBufferPointer) throws(RuntimeConnection.Failure) -> Int? {
        fields.removeAll(keepingCapacity: true)
        var folds: [Int] = []
        var start = 0
        while let line = try ReplyText.line(in: text, from: start) {
            if start == 0 {
                try readStatus(text, line)
            } else if line.isEmpty {
                keep(UnsafeRawBufferPointer(rebasing: text[..<start]), folds)
                try readFraming()
                return start + 2
            } else if ReplyText.isBlank(text[start]) {
                try continueField(text, line)
                folds.append(start)
            } else {
                try addField(text, line)
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
    private mutating func readStatus(
        _ text: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(RuntimeConnection.Failure) {
        guard line.count >= 12, text.starts(with: "HTTP/1.".utf8),
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= text[7], text[8] == 0x20, line.count == 12 || text[12] == 0x20,
            let status = ReplyText.number(text, 9..<12, radix: 10), 100..<600 ~= status
        else { throw .malformed("it does not begin like HTTP/1.1") }
        // Nobody asked for another protocol.
        guard status != 101 else { throw .malformed("it changes the protocol") }
        self.status = status
        closesAfter = text[7] == UInt8(ascii: "0")
    }

    private mutating func addField(
        _ text: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(RuntimeConnection.Failure) {
        let name = ReplyText.token(in: text, line)
        guard !name.isEmpty, name.upperBound < line.upperBound, text[name.upperBound] == UInt8(ascii: ":") else {
            throw .malformed("a field has no name")
        }
        fields.append((name, ReplyText.trimmed(text, name.upperBound + 1..<line.upperBound)))
    }

    /// Adds to the last field what a line that begins with a blank goes on with.
    private mutating func continueField(
        _ text: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(RuntimeConnection.Failure) {
        guard let value = fields.last?.value else { throw .malformed("a field has no name") }
        let more = ReplyText.trimmed(text, line)
        if more.isEmpty { return }
        fields[fields.count - 1].value = (value.isEmpty ? more.lowerBound : value.lowerBound)..<more.upperBound
    }

    private mutating func readFraming() throws(RuntimeConnection.Failure) {
        let isVersion10 = closesAfter
        var length: Int?
        var isChunked = false
        for field in fields {
            if isName(field.name, "content-length") {
                let number = bytes.withUnsafeBytes { ReplyText.number($0, field.value, radix: 10) }
                guard let number, length ?? number == number else { throw .malformed("its length is none") }
                length = number
            } else if isName(field.name, "transfer-encoding") {
                guard isName(field.value, "chunked"), !isChunked, !isVersion10 else {
                    throw .malformed("its encoding is unknown")
                }
                isChunked = true
            } else if isName(field.name, "connection") {
                closesAfter = closesAfter || hasMember(field.value, "close")
            }
        }
        // Whoever sent both, one of them may be another's.
        guard !isChunked || length == nil else { throw .malformed("it has both a length and an encoding") }
        if isInterim || status == 204 || status == 304 {
            framing = .noBody
        } else if isChunked {
            framing = .chunks
        } else if let length {
            framing = .length(length)
        } else {
            framing = .endOfConnection
            closesAfter = true
        }
    }

    private func isName(_ range: Range<Int>, _ name: StaticString) -> Bool {
        range.count == name.utf8CodeUnitCount && bytes.withUnsafeBytes { ReplyText.isName($0, range, name) }
    }

    /// Whether a list that is separated by commas has a member of this name.
    private func hasMember(_ range: Range<Int>, _ name: StaticString) -> Bool {
        bytes[range].split(separator: UInt8(ascii: ",")).contains { member in
            bytes.withUnsafeBytes { ReplyText.isName($0, ReplyText.trimmed($0, member.indices), name) }
        }
    }
}
