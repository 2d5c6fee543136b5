import HTTPMessages
import Testing

@Suite struct PercentEncodingTests {
    @Test(arguments: [
        ("", ""), ("abc", "abc"), ("a%20b", "a b"), ("%C3%A9", "é"), ("%c3%a9", "é"), ("%25", "%"), ("%2525", "%25"),
        ("a+b", "a+b"), ("%00", "\0"), ("é", "é"), ("%2F", "/"),
    ])
    func `escapes are read once`(text: String, decoded: String) {
        #expect(PercentEncoding.decode(text) == decoded)
    }

    @Test(arguments: ["%", "%2", "%G0", "%0G", "a%", "%%", "% 20", "%+1", "%u0041"])
    func `a malformed escape is refused`(
        text: String
    ) {
        #expect(PercentEncoding.decode(text) == nil)
    }

    @Test(arguments: ["%FF", "%C3", "%C3%28", "%C0%AF", "%ED%A0%80", "%F4%90%80%80"])
    func `bytes that are not UTF-8 are refused`(
        text: String
    ) {
        #expect(PercentEncoding.decode(text) == nil)
    }

    @Test func `a plus is a blank only where a form was sent`() {
        #expect(PercentEncoding.decode("a+b%2Bc", plusIsBlank: true) == "a b+c")
        #expect(PercentEncoding.decode("a+b%2Bc") == "a+b+c")
    }

    @Test func `everything but the unreserved characters is escaped`() {
        #expect(PercentEncoding.encode("AZaz09-._~") == "AZaz09-._~")
        #expect(
            PercentEncoding.encode(" !\"#$%&'()*+,/:;<=>?@[]\n")
                == "%20%21%22%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3C%3D%3E%3F%40%5B%5D%0A")
        #expect(PercentEncoding.encode("é👍") == "%C3%A9%F0%9F%91%8D")
    }

    @Test func `every character comes back`() {
        for code in UInt32(0)...0x2FFF {
            guard let scalar = Unicode.Scalar(code) else { continue }
            let text = String(scalar)
            #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
            #expect(PercentEncoding.decode(PercentEncoding.encode(text), plusIsBlank: true) == text)
        }
    }
}
