/// Goes through the bytes of a JSON text. What is made of them is for the parser and the index to say.
struct JSONScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    let depthMax: Int
    var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>, depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    /// - Throws: `empty` for a text that has nothing but blanks.
    mutating func begin() throws(JSONParseError) {
        skipBlanks()
        guard position < bytes.count else { throw JSONParseError(.empty, offset: position) }
    }

    /// - Throws: `trailingCharacters` for a text that goes on.
    mutating func end() throws(JSONParseError) {
        skipBlanks()
        guard position == bytes.count else { throw JSONParseError(.trailingCharacters, offset: position) }
    }

    /// Passes the bracket that opens an object or an array, and blanks.
    ///
    /// - Returns: false where it ends at once, the closing bracket passed.
    mutating func open(_ end: UInt8, depth: Int) throws(JSONParseError) -> Bool {
        guard depth <= depthMax else { throw JSONParseError(.tooDeep(max: depthMax), offset: position) }
        position += 1
        skipBlanks()
        return try !take(end)
    }

    /// Passes what follows a member or an element, with the blanks around it.
    ///
    /// - Returns: false for the closing bracket.
    mutating func next(_ end: UInt8) throws(JSONParseError) -> Bool {
        skipBlanks()
        let byte = try peek()
        guard byte == UInt8(ascii: ",") || byte == end else { throw unexpected }
        position += 1
        guard byte != end else { return false }
        skipBlanks()
        return true
    }

    /// Whether a member's name begins here.
    func checkName() throws(JSONParseError) { guard try peek() == UInt8(ascii: "\"") else { throw unexpected } }

    /// Passes the colon behind a name, with the blanks around it.
    mutating func colon() throws(JSONParseError) {
        skipBlanks()
        guard try take(UInt8(ascii: ":")) else { throw unexpected }
        skipBlanks()
    }

    mutating func word(_ text: StaticString) throws(JSONParseError) {
        for index in 0..<text.utf8CodeUnitCount {
            guard try peek() == text.utf8Start[index] else { throw unexpected }
            position += 1
        }
    }

    mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    func peek() throws(JSONParseError) -> UInt8 {
        guard position < bytes.count else { throw JSONParseError(.unexpectedEnd, offset: position) }
        return bytes[position]
    }

    /// Whether this byte comes next.
    func has(_ byte: UInt8) -> Bool { position < bytes.count && bytes[position] == byte }

    mutating func take(_ byte: UInt8) throws(JSONParseError) -> Bool {
        guard try peek() == byte else { return false }
        position += 1
        return true
    }

    var unexpected: JSONParseError { JSONParseError(.unexpectedCharacter, offset: position) }
}
