import JSON
import SeededRandom
import Testing

@Suite struct JSONRandomTests {
    @Test func `random values come back from their text`() throws {
        var random = SeededRandom("JSON round trip")
        for _ in 0..<2000 {
            let value = JSONRandomTests.value(depth: 4, &random)
            let bytes = JSONWriter.bytes(of: value)
            let back = try JSONParser.parse(bytes)
            #expect(back == value)
            #expect(JSONWriter.bytes(of: back) == bytes)
        }
    }

    @Test func `a shuffled object has the same canonical form`() throws {
        var random = SeededRandom("JSON canonical form")
        for _ in 0..<500 {
            let value = JSONRandomTests.value(depth: 4, &random)
            let shuffled = JSONRandomTests.shuffled(value, &random)
            #expect(JSONWriter.bytes(of: value.canonical) == JSONWriter.bytes(of: shuffled.canonical))
        }
    }

    @Test func `random bytes are read or refused`() {
        var random = SeededRandom("JSON of random bytes")
        for _ in 0..<5000 { check(random.bytes(count: .random(in: 0...64, using: &random))) }
    }

    @Test func `random tokens are read or refused`() {
        var random = SeededRandom("JSON of random tokens")
        let tokens = [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "d83d", "0", "-", "1", ".", "e", "+", "null", " ",
        ]
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 1...24, using: &random)).map { _ in
                tokens.randomElement(using: &random) ?? ""
            }
            check(Array(text.joined().utf8))
        }
    }

    @Test func `valid texts with mutations are read or refused`() {
        var random = SeededRandom("JSON with mutations")
        for _ in 0..<3000 {
            var bytes = JSONWriter.bytes(of: JSONRandomTests.value(depth: 4, &random))
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bytes.remove(at: position)
                case 2: bytes.insert(bytes.randomElement(using: &random) ?? 0, at: position)
                default: bytes.removeSubrange(position...)
                }
            }
            check(bytes)
        }
    }

    /// What is read must be the same when it is written; what is refused is refused at a byte of the text.
    private func check(_ bytes: [UInt8]) {
        switch result(bytes) {
        case .success(let value):
            #expect(result(JSONWriter.bytes(of: value)) == .success(value))
            #expect(throws: Never.self) { try JSONParser.parse(JSONWriter.bytes(of: value.canonical)) }
        case .failure(let error): #expect(0...bytes.count ~= error.offset, "\(bytes)")
        }
    }

    private func result(_ bytes: [UInt8]) -> Result<JSONValue, JSONParseError> {
        Result { () throws(JSONParseError) in try JSONParser.parse(bytes) }
    }

    private static func value(depth: Int, _ random: inout SeededRandom) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(.random(in: -1000...1000, using: &random))
        case 3: return .integer(.random(in: .min ... .max, using: &random))
        case 4: return .decimal("\(Int.random(in: -99...99, using: &random)).\(Int.random(in: 1...9, using: &random))")
        case 5: return .string(text(&random))
        case 6: return .array((0..<Int.random(in: 0...5, using: &random)).map { _ in value(depth: depth - 1, &random) })
        default:
            var names: Set<String> = []
            let members = (0..<Int.random(in: 0...5, using: &random)).compactMap { _ in
                let name = text(&random)
                return names.insert(name).inserted ? (name: name, value: value(depth: depth - 1, &random)) : nil
            }
            return .object(JSONObject(members))
        }
    }

    private static func text(_ random: inout SeededRandom) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            let code = UInt32.random(in: 0...(Bool.random(using: &random) ? 0x7F : 0x10FFFF), using: &random)
            if let scalar = Unicode.Scalar(code) { text.unicodeScalars.append(scalar) }
        }
        return text
    }

    private static func shuffled(_ value: JSONValue, _ random: inout SeededRandom) -> JSONValue {
        switch value {
        case .array(let values): return .array(values.map { shuffled($0, &random) })
        case .object(let object):
            let members = object.members.map { (name: $0.name, value: shuffled($0.value, &random)) }
            return .object(JSONObject(members.shuffled(using: &random)))
        default: return value
        }
    }
}
