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
        let result: Result<JSONValue, JSONParseError> = bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(bytes: buffer, depthMax: depthMax)
            do throws(JSONParseError) { return .success(try parser.document()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private let depthMax: Int
    private var position = 0

    private init(bytes: UnsafeBufferPointer<UInt8>, depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    private mutating func document() throws(JSONParseError) -> JSONValue {
        skipBlanks()
        guard position < bytes.count else { throw JSONParseError(.empty, offset: position) }
        let value = try value(depth: 1)
        skipBlanks()
        guard position == bytes.count else { throw JSONParseError(.trailingCharacters, offset: position) }
        return value
    }

    private mutating func value(depth: Int) throws(JSONParseError) -> JSONValue {
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw JSONParseError(.unexpectedCharacter, offset: position)
        }
    }

    private mutating func object(depth: Int) throws(JSONParseError) -> JSONObject {
        guard depth <= depthMax else { throw JSONParseError(.tooDeep(max: depthMax), offset: position) }
        position += 1
        skipBlanks()
        if try take(UInt8(ascii: "}")) { return JSONObject() }
        var members: [(name: String, value: JSONValue)] = []
        members.reserveCapacity(JSONParser.membersExpected)
        var names = MemberNames()
        while true {
            skipBlanks()
            let offset = position
            guard try peek() == UInt8(ascii: "\"") else { throw JSONParseError(.unexpectedCharacter, offset: offset) }
            let name = try string()
            guard names.insert(name, beside: members) else {
                throw JSONParseError(.duplicateName(name), offset: offset)
            }
            skipBlanks()
            guard try take(UInt8(ascii: ":")) else { throw JSONParseError(.unexpectedCharacter, offset: position) }
            skipBlanks()
            members.append((name, try value(depth: depth + 1)))
            skipBlanks()
            if try take(UInt8(ascii: ",")) { continue }
            if try take(UInt8(ascii: "}")) { return JSONObject(members) }
            throw JSONParseError(.unexpectedCharacter, offset: position)
        }
    }

    /// 8: what most objects have at most; others grow.
    private static let membersExpected = 8

    private mutating func array(depth: Int) throws(JSONParseError) -> [JSONValue] {
        guard depth <= depthMax else { throw JSONParseError(.tooDeep(max: depthMax), offset: position) }
        position += 1
        var values: [JSONValue] = []
        skipBlanks()
        if try take(UInt8(ascii: "]")) { return values }
        while true {
            skipBlanks()
            values.append(try value(depth: depth + 1))
            skipBlanks()
            if try take(UInt8(ascii: ",")) { continue }
            if try take(UInt8(ascii: "]")) { return values }
            throw JSONParseError(.unexpectedCharacter, offset: position)
        }
    }

    private mutating func string() throws(JSONParseError) -> String {
        let start = position + 1
        var end = start
        var isASCII = true
        while true {
            end = PlainText.end(in: bytes, from: end)
            guard end < bytes.count else { break }
            switch bytes[end] {
            case UInt8(ascii: "\""):
                position = end + 1
                let text = UnsafeBufferPointer(rebasing: bytes[start..<end])
                // The validating initializer is several times slower, and ASCII is what most strings are.
                return isASCII ? String(decoding: text, as: UTF8.self) : try utf8(text, offset: start)
            case UInt8(ascii: "\\"):
                position = end
                return try escapedString(from: start)
            case 0..<0x20: throw JSONParseError(.controlCharacter, offset: end)
            default:
                isASCII = false
                while end < bytes.count, bytes[end] >= 0x80 { end += 1 }
            }
        }
        throw JSONParseError(.unexpectedEnd, offset: end)
    }

    private mutating func escapedString(from start: Int) throws(JSONParseError) -> String {
        let end = try JSONString.end(in: bytes, from: position).place
        position = end + 1
        return try utf8(
            JSONString.unescaped(UnsafeBufferPointer(rebasing: bytes[start..<end]), offset: start), offset: start)
    }

    private mutating func number() throws(JSONParseError) -> JSONValue {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let integerStart = position
        try digits(start)
        if bytes[integerStart] == UInt8(ascii: "0"), position - integerStart > 1 {
            throw JSONParseError(.invalidNumber, offset: start)
        }
        var isPlain = true
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            isPlain = false
            position += 1
            try digits(start)
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isPlain = false
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            try digits(start)
        }
        if isPlain, let integer = integer(start..<position) { return .integer(integer) }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        if isPlain { return Int64(text).map(JSONValue.integer) ?? .decimal(text) }
        return ExactNumber(text)?.integer.map(JSONValue.integer) ?? .decimal(text)
    }

    /// The value of digits with or without a sign; nil where there are more than always fit.
    private func integer(_ range: Range<Int>) -> Int64? {
        guard range.count <= JSONParser.plainDigitsMax else { return nil }
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in bytes[range].dropFirst(isNegative ? 1 : 0) { value = value &* 10 &+ Int64(byte & 15) }
        return isNegative ? -value : value
    }

    /// 18: the largest count of digits of which each number fits 64 bits.
    private static let plainDigitsMax = 18

    private mutating func digits(_ start: Int) throws(JSONParseError) {
        let first = position
        while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] { position += 1 }
        guard position > first else { throw JSONParseError(.invalidNumber, offset: start) }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        for index in 0..<text.utf8CodeUnitCount {
            guard position < bytes.count else { throw JSONParseError(.unexpectedEnd, offset: position) }
            guard bytes[position] == text.utf8Start[index] else {
                throw JSONParseError(.unexpectedCharacter, offset: position)
            }
            position += 1
        }
        return value
    }

    private func utf8(_ text: some Sequence<UInt8>, offset: Int) throws(JSONParseError) -> String {
        guard let text = String(validating: text, as: UTF8.self) else {
            throw JSONParseError(.invalidUTF8, offset: offset)
        }
        return text
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

    private mutating func take(_ byte: UInt8) throws(JSONParseError) -> Bool {
        guard try peek() == byte else { return false }
        position += 1
        return true
    }
}
