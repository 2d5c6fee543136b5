import JSON
import SeededRandom
import Testing

/// Strings that are looked through and rewritten by words, held against those that are taken byte by byte.
@Suite struct JSONStringContentTests {
    private static let pieces: [[UInt8]] = [
        Array("a".utf8), Array("plain text of some length ".utf8), Array("\"".utf8), Array("\\".utf8), [0x00], [0x1F],
        Array("\n".utf8), Array("\r\t".utf8), [0x7F], Array("ü".utf8), Array("€".utf8), Array("😀".utf8),
        Array("/".utf8),
    ]

    private static func text(_ random: inout SeededRandom) -> [UInt8] {
        (0..<Int.random(in: 0...60, using: &random)).flatMap { _ in pieces.randomElement(using: &random) ?? [] }
    }

    private static func escaped(_ text: [UInt8]) -> [UInt8] {
        text.flatMap { byte -> [UInt8] in
            switch byte {
            case 0x22, 0x5C: [0x5C, byte]
            case 0x0A: Array("\\n".utf8)
            case 0x0D: Array("\\r".utf8)
            case 0x09: Array("\\t".utf8)
            case 0..<0x10: Array("\\u000\(String(byte, radix: 16))".utf8)
            case 0x10..<0x20: Array("\\u00\(String(byte, radix: 16))".utf8)
            default: [byte]
            }
        }
    }

    @Test func `a text is written as byte by byte, and read again`() throws {
        var random = SeededRandom("JSON strings")
        for _ in 0..<2000 {
            let text = Self.text(&random)
            let content = Self.escaped(text)
            var writer = JSONWriter()
            writer.write(String(decoding: text, as: UTF8.self))
            #expect(writer.bytes == [0x22] + content + [0x22])
            #expect(JSONWriter.object { $0.member("a", utf8: text) } == Array("{\"a\":".utf8) + writer.bytes + [0x7D])
            let unescaped = try content.withUnsafeBufferPointer { (content) throws(JSONParseError) in
                try JSONString.unescaped(content, offset: 0)
            }
            #expect(unescaped == text)
        }
    }

    @Test func `a long text with an escape at any place is written whole`() {
        for length in 1000..<1050 {
            let text = [UInt8](repeating: UInt8(ascii: "a"), count: length) + [0x01, 0x22] + Array("ü end".utf8)
            let json = JSONWriter.object { $0.member("a", utf8: text) }
            #expect(json == Array("{\"a\":\"".utf8) + Self.escaped(text) + Array("\"}".utf8))
        }
    }

    @Test func `a string ends where one looks at each byte`() throws {
        var random = SeededRandom("ends of strings")
        for _ in 0..<2000 {
            let content = Self.escaped(Self.text(&random))
            let before = [UInt8](repeating: 0xFF, count: Int.random(in: 0...9, using: &random))
            // What follows the end must not change what is told of the string.
            let after: [UInt8] = [0x22, 0xFF, 0x5C, 0x00]
            let isPlain = content.allSatisfy { $0 < 0x80 && $0 != 0x5C }
            let end = try (before + content + after).withUnsafeBufferPointer { (bytes) throws(JSONParseError) in
                try JSONString.end(in: bytes, from: before.count)
            }
            #expect(end.place == before.count + content.count)
            #expect(end.isPlain == isPlain)
        }
    }

    @Test(arguments: [
        ("abc", JSONParseError.Reason.unexpectedEnd, 3), ("", .unexpectedEnd, 0), ("abcdefghij\\", .unexpectedEnd, 11),
        ("abcdefghij\\\"", .unexpectedEnd, 12), ("abc\u{1}\"", .controlCharacter, 3),
        ("abcdefghijk\n\"", .controlCharacter, 11),
    ])
    func `a string without an end has none`(text: String, reason: JSONParseError.Reason, offset: Int) {
        #expect(throws: JSONParseError(reason, offset: offset)) {
            try Array(text.utf8).withUnsafeBufferPointer { (bytes) throws(JSONParseError) in
                try JSONString.end(in: bytes, from: 0)
            }
        }
    }

    @Test(arguments: [
        ("\\x", 1), ("abcdefghij\\a", 11), ("\\", 1), ("\\u12", 4), ("\\u12G4", 4), ("\\uD800", 2),
        ("\\uD800\\u0041", 2),
        ("\\uDC00", 2), ("\\uD800\\n1234", 2),
    ])
    func `a malformed escape is refused at its place`(content: String, offset: Int) {
        #expect(throws: JSONParseError(.invalidEscape, offset: 100 + offset)) {
            try Array(content.utf8).withUnsafeBufferPointer { (content) throws(JSONParseError) in
                try JSONString.unescaped(content, offset: 100)
            }
        }
    }

    @Test func `UTF-8 is told from what is not as by the standard library`() {
        var random = SeededRandom("UTF-8")
        let edges: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
            0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        func check(_ bytes: [UInt8]) {
            let isValid = bytes.withUnsafeBufferPointer(UTF8Text.isValid)
            #expect(isValid == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
        for first in edges {
            for second in edges {
                check([first, second])
                for third in edges {
                    check([first, second, third])
                    check([first, second, third, 0x80])
                    check([first, second, third, 0x80, 0x41])
                }
            }
        }
        for _ in 0..<2000 {
            var bytes = Self.text(&random)
            check(bytes)
            if !bytes.isEmpty { bytes[Int.random(in: 0..<bytes.count, using: &random)] = random.bytes(count: 1)[0] }
            check(bytes)
        }
    }
}
