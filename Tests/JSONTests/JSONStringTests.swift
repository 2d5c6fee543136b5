import JSON
import Testing

@Suite struct JSONStringTests {
    @Test func `every escape of the standard is read`() throws {
        #expect(try parsed(#""\"\\\/\b\f\n\r\t""#) == .string("\"\\/\u{8}\u{C}\n\r\t"))
        #expect(try parsed(#""\u0041\u00e9\u20AC\u0000""#) == .string("A\u{E9}\u{20AC}\0"))
    }

    @Test func `a pair of surrogates is one character`() throws {
        #expect(try parsed(#""\ud83d\ude00""#) == .string("😀"))
        #expect(try parsed(#""\uD800\uDC00\uDBFF\uDFFF""#) == .string("\u{10000}\u{10FFFF}"))
    }

    @Test(arguments: [
        #""\ud83d""#, #""\ud83dx""#, #""\ud83d\n""#, #""\ud83d\ud83d""#, #""\ude00""#, #""\ude00\ud83d""#,
        #""\ud83d\u0041""#,
    ])
    func `a lone surrogate is refused`(text: String) {
        #expect(refusal(text) == .invalidEscape)
    }

    @Test(arguments: [#""\x41""#, #""\a""#, #""\0""#, #""\'""#, #""\U0041""#, #""\u00g0""#, #""\u 041""#, #""\u+041""#])
    func `an escape that the standard does not have is refused`(text: String) {
        #expect(refusal(text) == .invalidEscape)
    }

    @Test func `control characters must be escaped and delete need not`() throws {
        for byte in UInt8(0)..<0x20 {
            #expect(refusal([0x22, byte, 0x22]) == .controlCharacter)
            #expect(refusal([0x22, 0x5C, 0x6E, byte, 0x22]) == .controlCharacter)
            #expect(refusal([0x7B, 0x22, byte, 0x22, 0x3A, 0x31, 0x7D]) == .controlCharacter)
        }
        #expect(try parsed("\"\u{7F}\u{2028}\u{85}\"") == .string("\u{7F}\u{2028}\u{85}"))
    }

    @Test(
        arguments: [
            [0x80], [0xC3], [0xC3, 0x28], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80],
            [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xE2, 0x82], [0x61, 0xE9, 0x62],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused in values, in names and beside escapes`(bytes: [UInt8]) {
        #expect(refusal([0x22] + bytes + [0x22]) == .invalidUTF8)
        #expect(refusal(Array("\"\\n".utf8) + bytes + [0x22]) == .invalidUTF8)
        #expect(refusal(Array("{\"".utf8) + bytes + Array("\":1}".utf8)) == .invalidUTF8)
    }

    @Test func `bytes on both sides of an escape do not join to a character`() {
        #expect(refusal([0x22, 0xC3, 0x5C, 0x6E, 0xA9, 0x22]) == .invalidUTF8)
    }

    @Test func `other encodings are refused`() {
        #expect(refusal([0x7B, 0x00, 0x7D, 0x00]) != nil)
        #expect(refusal([0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00]) == .unexpectedCharacter)
    }

    @Test func `texts of every script come through`() throws {
        let text = "Señor Ñandú, 東京, Ω, مرحبا, 👩‍👩‍👧‍👦, e\u{301}"
        let value = try parsed("\"\(text)\"")
        #expect(value.string.map { Array($0.utf8) } == Array(text.utf8))
    }
}
