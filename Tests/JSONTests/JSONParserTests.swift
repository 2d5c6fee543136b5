import JSON
import Testing

@Suite struct JSONParserTests {
    @Test func `every kind of value is read`() throws {
        let value = try parsed(#" { "a" : [ null , true , false , 1 , 1.5 , "x" ] , "b" : { } , "c" : [ ] } "#)
        #expect(value["a"] == .array([.null, .bool(true), .bool(false), .integer(1), .decimal("1.5"), .string("x")]))
        #expect(value["b"] == .object(JSONObject()))
        #expect(value["c"] == .array([]))
        #expect(value["d"] == nil)
        #expect(value.object?.members.map(\.name) == ["a", "b", "c"])
    }

    @Test func `a text may be a single value of any kind`() throws {
        #expect(try parsed("null") == .null)
        #expect(try parsed(" 7 ") == .integer(7))
        #expect(try parsed("\"\"") == .string(""))
    }

    @Test func `the four blanks of the standard stand between tokens and no other does`() throws {
        #expect(try parsed("\t\n\r [\t1\n,\r2 ]") == .array([.integer(1), .integer(2)]))
        for blank in ["\u{0B}", "\u{0C}", "\u{00A0}", "\u{FEFF}", "\u{2028}", "\0"] {
            #expect(refusal("[1,\(blank)2]") == .unexpectedCharacter)
        }
    }

    @Test func `a byte order mark is refused`() {
        #expect(refusal("\u{FEFF}{}") == .unexpectedCharacter)
    }

    @Test(arguments: ["", " ", "\r\n\t"]) func `an empty text is told apart from a broken one`(text: String) {
        #expect(refusal(text) == .empty)
    }

    @Test(arguments: [
        "{", "[", "[1", "[1,", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "\"", "\"a", "\"\\", "\"\\u00", "t", "tru",
        "fals", "nul",
    ])
    func `a text that ends too early is refused`(text: String) {
        #expect(refusal(text) == .unexpectedEnd)
    }

    @Test(arguments: [
        "[,1]", "[1,]", "[1,,2]", "[1 2]", "{,}", "{\"a\":1,}", "{\"a\" 1}", "{\"a\":}", "{a:1}", "{'a':1}", "{1:1}",
        "{null:1}", "[}", "{]", "]", "}", ":", ",", "True", "TRUE", "nulL", "trun", "undefined", "NaN", "Infinity",
        "+1", ".5", "'a'", "// no\n1", "/* no */1",
    ])
    func `what the grammar does not have is refused`(text: String) {
        #expect(refusal(text) == .unexpectedCharacter)
    }

    @Test(arguments: ["1 2", "{} {}", "null,", "[]]", "truetrue", "1a", "\"a\"\"b\"", "{}\0"])
    func `nothing may follow the value`(text: String) {
        #expect(refusal(text) == .trailingCharacters)
    }

    @Test func `a name that occurs twice is refused wherever it stands`() {
        #expect(refusal(#"{"a":1,"b":2,"a":1}"#) == .duplicateName("a"))
        #expect(refusal(#"[{"x":{"":1,"":2}}]"#) == .duplicateName(""))
    }

    @Test func `an escape does not hide a name that occurs twice`() {
        #expect(refusal(#"{"a":1,"\u0061":2}"#) == .duplicateName("a"))
    }

    @Test func `two spellings of one letter are two names`() throws {
        let value = try parsed("{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(value["\u{E9}"] == .integer(1))
        #expect(value["e\u{301}"] == .integer(2))
        #expect(JSONValue.string("\u{E9}") != .string("e\u{301}"))
    }

    @Test(arguments: [1, 2, 8, 31, 32, 33, 200])
    func `a name that occurs twice is refused however many there are, and alike names are not`(_ count: Int) throws {
        // Of one length, and most with the same ends.
        let names = (0..<count).map { "n\(1000 + $0)x" }
        let members = names.map { "\"\($0)\":1" }
        #expect(try JSONParser.parse(Array("{\(members.joined(separator: ","))}".utf8)).object?.members.count == count)
        for again in Set([0, count / 2, count - 1]) {
            let text = "{\((members + [members[again]]).joined(separator: ","))}"
            #expect(refusal(text) == .duplicateName(names[again]))
        }
    }

    @Test func `the same name in two objects is no duplicate`() throws {
        #expect(try parsed(#"{"a":{"a":1},"b":{"a":2}}"#)["b"]?["a"] == .integer(2))
    }

    @Test(arguments: [("[", "]"), ("{\"a\":", "}")]) func `32 levels are read and 33 are refused`(
        opening: String, closing: String
    ) throws {
        let core = opening == "[" ? "" : "1"
        func nested(_ depth: Int) -> String {
            String(repeating: opening, count: depth) + core + String(repeating: closing, count: depth)
        }
        _ = try parsed(nested(32))
        #expect(refusal(nested(33)) == .tooDeep(max: 32))
    }

    @Test func `brackets without end are refused at the limit and not at the end of the stack`() {
        let flood = [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20)
        #expect(throws: JSONParseError(.tooDeep(max: 32), offset: 32)) { try JSONParser.parse(flood) }
    }

    @Test func `scalars do not count as a level`() throws {
        #expect(throws: JSONParseError(.tooDeep(max: 1), offset: 1)) {
            try JSONParser.parse(Array("[[]]".utf8), depthMax: 1)
        }
        #expect(try JSONParser.parse(Array("[1]".utf8), depthMax: 1) == .array([.integer(1)]))
    }

    @Test func `a refusal names the byte`() throws {
        for (text, offset) in [("[1,x]", 3), ("{\"é\":1 2}", 8), ("{\"a\":1,\"a\":2}", 7), ("[1] x", 4), ("", 0)] {
            let error = try #require(throws: JSONParseError.self) { try parsed(text) }
            #expect(error.offset == offset, "\(text)")
            if offset > 0 { #expect(error.message.contains("byte \(offset)")) }
        }
    }

    @Test func `a refusal repeats no more of the text than the start of a name`() throws {
        let name = String(repeating: "n", count: 5000)
        let error = try #require(throws: JSONParseError.self) { try parsed("{\"\(name)\":1,\"\(name)\":2}") }
        #expect(error.message.utf8.count < 200)
    }

    @Test func `objects are equal only with the same members in the same order`() throws {
        #expect(try parsed(#"{"a":1,"b":2}"#) == parsed(#"{ "a" : 1.0 , "b" : 2 }"#))
        #expect(try parsed(#"{"a":1,"b":2}"#) != parsed(#"{"b":2,"a":1}"#))
        #expect(try parsed(#"{"a":1}"#) != parsed(#"{"a":1,"b":2}"#))
    }

    @Test func `a value tells its kind and answers to no other`() throws {
        let values = try #require(try parsed(#"[null,true,1,1.5,"s",[],{}]"#).array)
        #expect(values.map(\.kindName) == ["null", "boolean", "integer", "number", "string", "array", "object"])
        #expect(values.map { $0.bool != nil } == [false, true, false, false, false, false, false])
        #expect(values.map { $0.integer != nil } == [false, false, true, false, false, false, false])
        #expect(values.map { $0.string != nil } == [false, false, false, false, true, false, false])
        #expect(values.map { $0.array != nil } == [false, false, false, false, false, true, false])
        #expect(values.map { $0.object != nil } == [false, false, false, false, false, false, true])
        #expect(values.map { $0["a"] } == Array(repeating: nil, count: 7))
    }
}
