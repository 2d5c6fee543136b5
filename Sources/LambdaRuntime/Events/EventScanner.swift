import JSON

/// Finds the values of a JSON text.
struct EventScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var nodes: [EventText.Node] = []
    private var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// A value, names and all that is within it in order. Places are kept in 32 bits, and Lambda's events have 6 MiB at most.
    mutating func scan() throws(JSONParseError) -> [EventText.Node] {
        guard bytes.count < UInt32.max else { throw JSONParseError(.unexpectedEnd, offset: Int(UInt32.max)) }
        // An event of API Gateway has about a hundred.
        nodes.reserveCapacity(128)
        skipBlanks()
        guard position < bytes.count else { throw JSONParseError(.empty, offset: 0) }
        try value(depth: 1)
        skipBlanks()
        guard position == bytes.count else { throw JSONParseError(.trailingCharacters, offset: position) }
        return nodes
    }

    private mutating func value(depth: Int) throws(JSONParseError) {
        switch try peek() {
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "{"): try container(.object, end: UInt8(ascii: "}"), depth: depth)
        case UInt8(ascii: "["): try container(.array, end: UInt8(ascii: "]"), depth: depth)
        case UInt8(ascii: "t"): try word("true", .yes)
        case UInt8(ascii: "f"): try word("false", .no)
        case UInt8(ascii: "n"): try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): number()
        default: throw JSONParseError(.unexpectedCharacter, offset: position)
        }
    }

    private mutating func container(_ kind: EventText.Kind, end: UInt8, depth: Int) throws(JSONParseError) {
        guard depth <= EventText.depthMax else {
            throw JSONParseError(.tooDeep(max: EventText.depthMax), offset: position)
        }
        let index = nodes.count
        append(kind, from: position, to: position)
        position += 1
        skipBlanks()
        if try peek() != end {
            while true {
                if kind == .object { try name() }
                try value(depth: depth + 1)
                skipBlanks()
                let byte = try peek()
                guard byte == UInt8(ascii: ",") else {
                    guard byte == end else { throw JSONParseError(.unexpectedCharacter, offset: position) }
                    break
                }
                position += 1
                skipBlanks()
            }
        }
        position += 1
        nodes[index].end = UInt32(position)
        nodes[index].next = UInt32(nodes.count)
    }

    private mutating func name() throws(JSONParseError) {
        guard try peek() == UInt8(ascii: "\"") else { throw JSONParseError(.unexpectedCharacter, offset: position) }
        try string()
        skipBlanks()
        guard try peek() == UInt8(ascii: ":") else { throw JSONParseError(.unexpectedCharacter, offset: position) }
        position += 1
        skipBlanks()
    }

    private mutating func string() throws(JSONParseError) {
        let start = position + 1
        let end = try JSONString.end(in: bytes, from: start)
        append(end.isPlain ? .plainString : .otherString, from: start, to: end.place)
        position = end.place + 1
    }

    private mutating func number() {
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                position += 1
                continue
            default: break
            }
            break
        }
        append(.number, from: start, to: position)
    }

    private mutating func word(_ text: StaticString, _ kind: EventText.Kind) throws(JSONParseError) {
        let end = position + text.utf8CodeUnitCount
        guard end <= bytes.count else { throw JSONParseError(.unexpectedEnd, offset: bytes.count) }
        for index in 0..<text.utf8CodeUnitCount where bytes[position + index] != text.utf8Start[index] {
            throw JSONParseError(.unexpectedCharacter, offset: position + index)
        }
        append(kind, from: position, to: end)
        position = end
    }

    private mutating func append(_ kind: EventText.Kind, from start: Int, to end: Int) {
        nodes.append(
            EventText.Node(kind: kind, start: UInt32(start), end: UInt32(end), next: UInt32(nodes.count + 1)))
    }

    private mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private func peek() throws(JSONParseError) -> UInt8 {
        guard position < bytes.count else { throw JSONParseError(.unexpectedEnd, offset: position) }
        return bytes[position]
    }
}
