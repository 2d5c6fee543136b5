/// Reads one JSON text, strictly.
///
/// Foundation's decoder stops at the first mistake, keeps one of two members with the same name, and costs more than the
/// HTTP layer; the C libraries of the distributions measured slower still and cannot refuse duplicates and depth at once.
public struct JSONParser {
    /// 32 levels: no body of this product needs more than 4, and the parser recurses.
    public static let depthMax = 32

    /// The value that `bytes` hold.
    ///
    /// - Throws: `JSONParseError` for anything that RFC 8259 does not allow, for two members of one name in an object (the
    ///   same bytes, escapes resolved), for a lone surrogate, and for nesting deeper than `depthMax`.
    public static func parse(
        _ bytes: [UInt8], depthMax: Int = JSONParser.depthMax
    ) throws(JSONParseError) -> JSONValue {
        try bytes.withUnsafeBufferPointer { bytes throws(JSONParseError) in
            var parser = JSONParser(text: JSONScanner(bytes, depthMax: depthMax))
            return try parser.document()
        }
    }

    private var text: JSONScanner

    private init(text: JSONScanner) { self.text = text }

    private mutating func document() throws(JSONParseError) -> JSONValue {
        try text.begin()
        let value = try value(depth: 1)
        try text.end()
        return value
    }

    private mutating func value(depth: Int) throws(JSONParseError) -> JSONValue {
        switch try text.peek() {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw text.unexpected
        }
    }

    private mutating func object(depth: Int) throws(JSONParseError) -> JSONObject {
        guard try text.open(UInt8(ascii: "}"), depth: depth) else { return JSONObject() }
        var members: [(name: String, value: JSONValue)] = []
        members.reserveCapacity(JSONParser.comparedNamesMax)
        var names: Set<TextKey> = []
        repeat {
            let offset = text.position
            try text.checkName()
            let name = try string()
            guard JSONParser.isNew(name, members, &names) else {
                throw JSONParseError(.duplicateName(name), offset: offset)
            }
            try text.colon()
            members.append((name, try value(depth: depth + 1)))
        } while try text.next(UInt8(ascii: "}"))
        return JSONObject(members)
    }

    /// Up to so many members a name is compared with each that came before it, which costs less than hashing them all.
    private static let comparedNamesMax = 8

    private static func isNew(
        _ name: String, _ members: [(name: String, value: JSONValue)], _ names: inout Set<TextKey>
    ) -> Bool {
        if members.count < comparedNamesMax { return !members.contains { $0.name.hasSameBytes(as: name) } }
        if names.isEmpty { names = Set(members.map { TextKey($0.name) }) }
        return names.insert(TextKey(name)).inserted
    }

    private mutating func array(depth: Int) throws(JSONParseError) -> [JSONValue] {
        var values: [JSONValue] = []
        guard try text.open(UInt8(ascii: "]"), depth: depth) else { return values }
        repeat {
            values.append(try value(depth: depth + 1))
        } while try text.next(UInt8(ascii: "]"))
        return values
    }

    private mutating func string() throws(JSONParseError) -> String {
        let start = text.position + 1
        var end = start
        var isASCII = true
        while true {
            end = PlainText.end(in: text.bytes, from: end)
            guard end < text.bytes.count else { break }
            switch text.bytes[end] {
            case UInt8(ascii: "\""):
                text.position = end + 1
                let content = UnsafeBufferPointer(rebasing: text.bytes[start..<end])
                // The validating initializer is several times slower, and ASCII is what most strings are.
                return isASCII ? String(decoding: content, as: UTF8.self) : try utf8(content, offset: start)
            case UInt8(ascii: "\\"):
                text.position = end
                return try escapedString(from: start)
            case 0..<0x20: throw JSONParseError(.controlCharacter, offset: end)
            default:
                isASCII = false
                while end < text.bytes.count, text.bytes[end] >= 0x80 { end += 1 }
            }
        }
        throw JSONParseError(.unexpectedEnd, offset: end)
    }

    private mutating func escapedString(from start: Int) throws(JSONParseError) -> String {
        let end = try JSONString.end(in: text.bytes, from: text.position).place
        text.position = end + 1
        let content = UnsafeBufferPointer(rebasing: text.bytes[start..<end])
        return try utf8(JSONString.unescaped(content, offset: start), offset: start)
    }

    private mutating func number() throws(JSONParseError) -> JSONValue {
        let start = text.position
        if text.has(UInt8(ascii: "-")) { text.position += 1 }
        let integerStart = text.position
        try digits(start)
        if text.bytes[integerStart] == UInt8(ascii: "0"), text.position - integerStart > 1 {
            throw JSONParseError(.invalidNumber, offset: start)
        }
        var isPlain = true
        if text.has(UInt8(ascii: ".")) {
            isPlain = false
            text.position += 1
            try digits(start)
        }
        if text.has(UInt8(ascii: "e")) || text.has(UInt8(ascii: "E")) {
            isPlain = false
            text.position += 1
            if text.has(UInt8(ascii: "+")) || text.has(UInt8(ascii: "-")) { text.position += 1 }
            try digits(start)
        }
        let digits = String(decoding: UnsafeBufferPointer(rebasing: text.bytes[start..<text.position]), as: UTF8.self)
        if isPlain { return Int64(digits).map(JSONValue.integer) ?? .decimal(digits) }
        return ExactNumber(digits)?.integer.map(JSONValue.integer) ?? .decimal(digits)
    }

    private mutating func digits(_ start: Int) throws(JSONParseError) {
        let first = text.position
        while text.position < text.bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= text.bytes[text.position] {
            text.position += 1
        }
        guard text.position > first else { throw JSONParseError(.invalidNumber, offset: start) }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        try text.word(word)
        return value
    }

    private func utf8(_ text: some Sequence<UInt8>, offset: Int) throws(JSONParseError) -> String {
        guard let text = String(validating: text, as: UTF8.self) else {
            throw JSONParseError(.invalidUTF8, offset: offset)
        }
        return text
    }
}
