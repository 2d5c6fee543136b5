import Digests
import SeededRandom
import Testing

@Suite struct Base64Tests {
    private static let vectors = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test(arguments: vectors) func `the examples of RFC 4648 hold in both alphabets`(text: String, code: String) {
        let unpadded = String(code.prefix { $0 != "=" })
        #expect(Base64.encode(Array(text.utf8)) == code)
        #expect(Base64.decode(code) == Array(text.utf8))
        #expect(Base64URL.encode(Array(text.utf8)) == unpadded)
        #expect(Base64URL.decode(unpadded) == Array(text.utf8))
    }

    @Test func `the alphabets differ in their last two characters`() {
        #expect(Base64.encode([0xFB, 0xFF, 0xBF]) == "+/+/")
        #expect(Base64URL.encode([0xFB, 0xFF, 0xBF]) == "-_-_")
        #expect(Base64.decode("-_-_") == nil)
        #expect(Base64URL.decode("+/+/") == nil)
    }

    @Test func `random bytes come back`() {
        var random = SeededRandom("Base64 round trip")
        for count in 0..<200 {
            let bytes = random.bytes(count: count)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test(arguments: ["Zg==", "Zm8=", "Zg=", "=", "Zm9v=", "Zm9vYg=="]) func `padding is refused in the URL alphabet`(
        text: String
    ) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test(arguments: ["Zg", "Zg=", "Zg===", "Zm8", "Zm9v=", "Zm9v====", "=", "==", "====", "Z===", "Zg==Zg==", "Z=g="])
    func `wrong padding is refused in the standard alphabet`(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["Zh", "Zm9", "Zn", "AB", "AAB", "A", "AAAAA"]) func `bits that no byte owns are refused`(
        text: String
    ) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func `of all texts of two and three characters only the encoder's are read`() {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        for first in alphabet {
            for second in alphabet {
                for text in ["\(first)\(second)", "A\(first)\(second)"] {
                    if let bytes = Base64URL.decode(text) { #expect(Base64URL.encode(bytes) == text) }
                }
            }
        }
    }

    @Test func `every foreign byte is refused`() {
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for byte in UInt8(0)..<0x80 where !alphabet.contains(byte) {
            #expect(Base64URL.decode("AA" + String(Unicode.Scalar(byte)) + "A") == nil)
        }
        #expect(Base64URL.decode("AA\u{E9}A") == nil)
        #expect(Base64URL.decode(" AAAA") == nil)
        #expect(Base64URL.decode("AAAA\n") == nil)
    }
}
