/// Bodies that are not JSON, or not what the services read of it.
struct HostileJSON: Sendable {
    let name: String
    let bytes: [UInt8]
    let code: String

    private init(_ name: String, _ bytes: [UInt8], _ code: String = "malformed-json") {
        self.name = name
        self.bytes = bytes
        self.code = code
    }

    private init(_ text: String, _ code: String = "malformed-json") {
        self.init(String(text.prefix(40)), Array(text.utf8), code)
    }

    static let all = texts + bytes

    private static let texts: [HostileJSON] =
        [
            "  ", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":\"", "{\"a\":\"\\", "{\"a\":\"\\u12",
            "{}x", "{} {}", "{},", "{}]", "{}\0", "{\"a\":1,}", "{,}", "{\"a\" 1}", "{\"a\"::1}", "{a:1}", "{'a':1}",
            "{\"a\":'b'}", "{1:2}", "{\"a\":1 \"b\":2}", "{\"a\":[1,]}", "{\"a\":[1 2]}", "{/**/}", "{}//", "#\n{}",
            "{\"a\":01}", "{\"a\":-}", "{\"a\":-01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":1.}", "{\"a\":1e}",
            "{\"a\":1e+}", "{\"a\":0x1}", "{\"a\":1_000}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":-Infinity}",
            "{\"a\":True}", "{\"a\":nul}", "{\"a\":undefined}", "{\"a\":\"\\x41\"}", "{\"a\":\"\\ \"}",
            "{\"a\":\"\t\"}", "{\"a\":\"\n\"}", "{\"a\":\"\0\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}",
            "{\"a\":\"\\udc00\\ud800\"}", "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\\ud800x\"}", "{\"\\ud800\":1}",
            "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}", "{\"a\":{\"b\":1,\"b\":2}}", "{\"\":1,\"\":2}",
        ].map { HostileJSON($0) }
        + ["[]", "[{}]", "null", "true", "1", "\"{}\"", ""].map { HostileJSON($0, "body-not-object") }

    private static let bytes: [HostileJSON] = [
        HostileJSON("a mark of byte order", [0xEF, 0xBB, 0xBF, 0x7B, 0x7D]),
        HostileJSON("UTF-16", [0x7B, 0, 0x7D, 0]),
        HostileJSON("UTF-16 with a mark", [0xFF, 0xFE, 0x7B, 0, 0x7D, 0]),
        HostileJSON("a byte that is no UTF-8", string([0xFF])),
        HostileJSON("a sequence that is too long", string([0xC0, 0xAF])),
        HostileJSON("a NUL in two bytes", string([0xC0, 0x80])),
        HostileJSON("a surrogate in UTF-8", string([0xED, 0xA0, 0x80])),
        HostileJSON("a character beyond Unicode", string([0xF4, 0x90, 0x80, 0x80])),
        HostileJSON("a sequence that is cut off", string([0xE2, 0x82])),
        HostileJSON("a megabyte of brackets", [UInt8](repeating: 0x5B, count: 1 << 20)),
        HostileJSON("a megabyte of braces", [UInt8](repeating: 0x7B, count: 1 << 20)),
        HostileJSON("a megabyte of members", Array(String(repeating: "{\"a\":", count: 200_000).utf8)),
        HostileJSON("33 levels", Array((#"{"a":"# + nested("[", 32) + nested("]", 32) + "}").utf8)),
        HostileJSON("33 levels of objects", Array((nested(#"{"a":"#, 33) + "1" + nested("}", 33)).utf8)),
        HostileJSON("a megabyte of digits that ends", Array((#"{"a":"# + nested("9", 1_000_000)).utf8)),
    ]

    private static func string(_ bytes: [UInt8]) -> [UInt8] {
        Array(#"{"a":""#.utf8) + bytes + Array(#""}"#.utf8)
    }

    private static func nested(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
}
