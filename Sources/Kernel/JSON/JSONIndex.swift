/// Where the values of a JSON text stand, for a reader that makes few of them.
///
/// What is passed over is held to JSON's structure only: not to its numbers, escapes and UTF-8, nor to names that differ.
package enum JSONIndex {
    package enum Kind: UInt8 {
        case null, yes, no, number
        /// ASCII without an escape: the bytes are the text.
        case plainString
        case otherString
        case array, object
    }

    /// A value, or the name of a member, which stands before its value.
    package struct Node {
        package let kind: Kind
        /// Its bytes, of a text those between the quotation marks.
        package let start: UInt32
        package fileprivate(set) var end: UInt32
        /// The number of the node that follows all within this one.
        package fileprivate(set) var next: UInt32
    }

    /// A value, names and all that is within it in order. Places are kept in 32 bits; a longer text is an error.
    package static func nodes(_ bytes: [UInt8], depthMax: Int) throws(JSONParseError) -> [Node] {
        guard bytes.count < UInt32.max else { throw JSONParseError(.unexpectedEnd, offset: Int(UInt32.max)) }
        return try bytes.withUnsafeBufferPointer { bytes throws(JSONParseError) in
            var indexer = Indexer(text: JSONScanner(bytes, depthMax: depthMax))
            return try indexer.index()
        }
    }
}

private struct Indexer {
    var text: JSONScanner
    var nodes: [JSONIndex.Node] = []

    mutating func index() throws(JSONParseError) -> [JSONIndex.Node] {
        // An event of API Gateway has about a hundred.
        nodes.reserveCapacity(128)
        try text.begin()
        try value(depth: 1)
        try text.end()
        return nodes
    }

    private mutating func value(depth: Int) throws(JSONParseError) {
        switch try text.peek() {
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "{"): try container(.object, end: UInt8(ascii: "}"), depth: depth)
        case UInt8(ascii: "["): try container(.array, end: UInt8(ascii: "]"), depth: depth)
        case UInt8(ascii: "t"): try word("true", .yes)
        case UInt8(ascii: "f"): try word("false", .no)
        case UInt8(ascii: "n"): try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): number()
        default: throw text.unexpected
        }
    }

    private mutating func container(_ kind: JSONIndex.Kind, end: UInt8, depth: Int) throws(JSONParseError) {
        let index = nodes.count
        append(kind, from: text.position)
        if try text.open(end, depth: depth) {
            repeat {
                if kind == .object {
                    try text.checkName()
                    try string()
                    try text.colon()
                }
                try value(depth: depth + 1)
            } while try text.next(end)
        }
        nodes[index].end = UInt32(text.position)
        nodes[index].next = UInt32(nodes.count)
    }

    private mutating func string() throws(JSONParseError) {
        let start = text.position + 1
        let end = try JSONString.end(in: text.bytes, from: start)
        text.position = end.place
        append(end.isPlain ? .plainString : .otherString, from: start)
        text.position += 1
    }

    private mutating func number() {
        let start = text.position
        let end = text.bytes[start...].firstIndex { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                false
            default: true
            }
        }
        text.position = end ?? text.bytes.count
        append(.number, from: start)
    }

    private mutating func word(_ word: StaticString, _ kind: JSONIndex.Kind) throws(JSONParseError) {
        let start = text.position
        try text.word(word)
        append(kind, from: start)
    }

    /// Adds what goes from `start` to here.
    private mutating func append(_ kind: JSONIndex.Kind, from start: Int) {
        nodes.append(
            JSONIndex.Node(
                kind: kind, start: UInt32(start), end: UInt32(text.position), next: UInt32(nodes.count + 1)))
    }
}
