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
        object(reserving: ordinaryByteCount, body)
    }

    /// What an object of this product has or less.
    private static let ordinaryByteCount = 512

    /// As `object`.
    ///
    /// - Parameter byteCount: how many there will be about, where they are many: what grows is copied each time that it doubles.
    package static func object(reserving byteCount: Int, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.bytes.reserveCapacity(byteCount)
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

    /// A member that is a string, whose text is UTF-8.
    package mutating func member(_ name: String, utf8 text: [UInt8]) {
        self.name(name)
        text.withUnsafeBufferPointer { quote($0) }
        needsComma = true
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
        text.withUTF8 { quote($0) }
    }

    private mutating func quote(_ text: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(text)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Plain text at a stroke, any other by way of a buffer that is small enough to stay near the processor.
    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        var index = PlainText.end(in: text, from: 0)
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[..<index]))
        guard index < text.count else { return }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: JSONWriter.escapedBytesMax) { buffer in
            while index < text.count {
                let count = JSONString.escape(text, from: &index, into: buffer)
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    private static let escapedBytesMax = 1024
}
