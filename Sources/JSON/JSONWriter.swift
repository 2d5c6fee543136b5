/// Something with one JSON form.
public protocol JSONEncodable {
    func encode(to writer: inout JSONWriter)
}

/// Writes a JSON text without blanks, members in the order of the calls: the same value gives the same bytes, always.
public struct JSONWriter {
    /// The text so far.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// A writer that has written nothing.
    public init() {}

    /// The bytes of one value.
    public static func bytes(of value: some JSONEncodable) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(value)
        return writer.bytes
    }

    /// The bytes of an object whose members `body` writes.
    public static func object(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object(body)
        return writer.bytes
    }

    /// An object whose members `body` writes.
    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "{"))
        body(&self)
        close(UInt8(ascii: "}"))
    }

    /// An array whose elements `body` writes.
    public mutating func array(_ body: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "["))
        body(&self)
        close(UInt8(ascii: "]"))
    }

    /// A member of the object that is being written.
    public mutating func member(_ name: String, _ value: some JSONEncodable) {
        self.name(name)
        value.encode(to: &self)
    }

    /// A member that is an object, whose members `body` writes.
    public mutating func member(_ name: String, object body: (inout JSONWriter) -> Void) {
        self.name(name)
        object(body)
    }

    /// A member that is an array, whose elements `body` writes.
    public mutating func member(_ name: String, array body: (inout JSONWriter) -> Void) {
        self.name(name)
        array(body)
    }

    /// A value on its own, or the next element of an array.
    public mutating func write(_ value: some JSONEncodable) { value.encode(to: &self) }

    /// Bytes that are one JSON value already.
    public mutating func write(verbatim json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    /// A member whose value is JSON already.
    public mutating func member(_ name: String, verbatim json: [UInt8]) {
        self.name(name)
        write(verbatim: json)
    }

    /// A token that needs no escape: a number, `true`, `false`, `null`.
    mutating func write(token: String) {
        separate()
        bytes.append(contentsOf: token.utf8)
        needsComma = true
    }

    mutating func write(string: String) {
        separate()
        quote(string)
        needsComma = true
    }

    private mutating func name(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func quote(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { appendEscaped($0) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Copies what lies between two characters that need an escape at a stroke.
    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        while true {
            let index = PlainText.endOfUnescaped(in: text, from: start)
            guard index < text.count else { break }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
            appendEscape(text[index])
            start = index + 1
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
    }

    private mutating func appendEscape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0..<0x20:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(JSONWriter.hexadecimalDigits[Int(byte >> 4)])
            bytes.append(JSONWriter.hexadecimalDigits[Int(byte & 15)])
        default: bytes.append(byte)
        }
    }

    private static let hexadecimalDigits = Array("0123456789abcdef".utf8)
}
