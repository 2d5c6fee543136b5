import JSON

/// An event whose values are found, but not made before somebody reads them: most of an event nobody does.
///
/// What is passed over is held to JSON's structure only; a text that is read is checked to the last escape.
final class EventText {
    /// More than any event has; the scan recurses, and an event bridge carries other people's JSON.
    static let depthMax = 128

    enum Kind: UInt8 {
        case null, yes, no, number
        /// ASCII without an escape: the bytes are the text.
        case plainString
        case otherString
        case array, object
    }

    /// A value, or the name of a member, which stands before its value.
    struct Node {
        let kind: Kind
        /// Its bytes, of a text those between the quotation marks.
        let start: UInt32
        var end: UInt32
        /// The number of the node that follows all within this one.
        var next: UInt32
    }

    private let bytes: [UInt8]
    let nodes: [Node]

    init(_ bytes: [UInt8]) throws(LambdaEventError) {
        self.bytes = bytes
        let nodes: Result<[Node], JSONParseError> = bytes.withUnsafeBufferPointer { buffer in
            var scanner = EventScanner(buffer)
            do throws(JSONParseError) { return .success(try scanner.scan()) } catch { return .failure(error) }
        }
        do throws(JSONParseError) { self.nodes = try nodes.get() } catch { throw .notJSON(error) }
    }

    /// The text of a node that is a string.
    func string(_ index: Int) throws(LambdaEventError) -> String {
        let node = nodes[index]
        if node.kind == .plainString { return String(decoding: bytes[range(node)], as: UTF8.self) }
        guard let text = String(validating: try unescaped(node), as: UTF8.self) else { throw invalidUTF8(node) }
        return text
    }

    /// The text of a node that is a string, in UTF-8, as long as it is used.
    func withText<T>(
        _ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws(LambdaEventError) -> T
    ) throws(LambdaEventError) -> T {
        let node = nodes[index]
        let text = node.kind == .plainString ? bytes[range(node)] : try unescaped(node)[...]
        return try text.withUnsafeBufferPointer { (text) throws(LambdaEventError) in
            guard node.kind == .plainString || UTF8Text.isValid(text) else { throw invalidUTF8(node) }
            return try body(text)
        }
    }

    private func unescaped(_ node: Node) throws(LambdaEventError) -> [UInt8] {
        do throws(JSONParseError) {
            return try bytes[range(node)].withUnsafeBufferPointer { (content) throws(JSONParseError) in
                try JSONString.unescaped(content, offset: Int(node.start))
            }
        } catch {
            throw .notJSON(error)
        }
    }

    private func invalidUTF8(_ node: Node) -> LambdaEventError {
        .notJSON(JSONParseError(.invalidUTF8, offset: Int(node.start)))
    }

    /// Whether a node that is a name is this one, which is ASCII. It is read as far as the two agree, so that a long or an
    /// escaped name costs no more for each that is asked for.
    func isName(_ index: Int, _ name: StaticString) -> Bool {
        let node = nodes[index]
        var position = Int(node.start)
        if node.kind == .plainString {
            guard Int(node.end) - position == name.utf8CodeUnitCount else { return false }
            for offset in 0..<name.utf8CodeUnitCount where bytes[position + offset] != name.utf8Start[offset] {
                return false
            }
            return true
        }
        for offset in 0..<name.utf8CodeUnitCount {
            guard position < node.end, let byte = unescaped(&position), byte == name.utf8Start[offset] else {
                return false
            }
        }
        return position == node.end
    }

    /// The byte at a place within a text, and the place behind it; nil for an escape of anything but ASCII letters, digits and
    /// the like, which no member of an event has in its name.
    private func unescaped(_ position: inout Int) -> UInt8? {
        let byte = bytes[position]
        position += 1
        guard byte == UInt8(ascii: "\\") else { return byte }
        let digits = position + 1..<position + 5
        guard bytes[position] == UInt8(ascii: "u"), digits.upperBound <= bytes.count else { return nil }
        position = digits.upperBound
        var code = 0
        for byte in bytes[digits] {
            guard let digit = hexadecimalValue(byte) else { return nil }
            code = code << 4 | Int(digit)
        }
        return UInt8(exactly: code)
    }

    /// The value as it stands in the event.
    func json(_ index: Int) -> [UInt8] {
        let node = nodes[index]
        switch node.kind {
        case .plainString, .otherString: return Array(bytes[Int(node.start) - 1...Int(node.end)])
        case .null, .yes, .no, .number, .array, .object: return Array(bytes[range(node)])
        }
    }

    private func range(_ node: Node) -> Range<Int> { Int(node.start)..<Int(node.end) }
}
