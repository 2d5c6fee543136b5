import ContractReading
import JSON
import Testing

@Suite struct YAMLReaderTests {
    @Test func `mappings, sequences and mappings in sequences nest by two spaces`() throws {
        let value = try YAMLReader.read(
            """
            servers:
              - url: http://127.0.0.1:3001
                tags:
                  - a
                  - b
              - url: x
            'quoted: key': 1
            """)
        #expect(
            value
                == json(
                    #"{"servers":[{"url":"http://127.0.0.1:3001","tags":["a","b"]},{"url":"x"}],"quoted: key":1}"#))
    }

    @Test func `lines that are empty or comments count for nothing`() throws {
        #expect(try YAMLReader.read("# one\n\na: 1\n  # two\n\nb: 2\n") == json(#"{"a":1,"b":2}"#))
    }

    @Test(arguments: [
        ("null", "null"), ("true", "true"), ("false", "false"), ("0", "0"), ("-12", "-12"), ("1.5", "1.5"),
        ("plain words, and more", #""plain words, and more""#), ("1.0.0", #""1.0.0""#), ("req-456", #""req-456""#),
        ("http://127.0.0.1", #""http://127.0.0.1""#), ("'it''s'", #""it's""#), ("'1'", #""1""#),
        (#""a\tb\u00e9""#, #""a\tbé""#), ("'^[^\\x00]*$'", #""^[^\\x00]*$""#), ("[]", "[]"), ("{}", "{}"),
        ("[a, 'b, c', 1, true]", #"["a","b, c",1,true]"#),
    ])
    func `a scalar on one line has one meaning`(text: String, expected: String) throws {
        #expect(try YAMLReader.read("a: \(text)\n") == json(#"{"a":\#(expected)}"#))
        if !text.hasPrefix("[") { #expect(try YAMLReader.read("- \(text)\n") == json("[\(expected)]")) }
    }

    @Test func `a literal scalar keeps its lines, deeper ones, empty ones and what looks like a comment`() throws {
        let value = try YAMLReader.read("a: |\n  # HELP\n    deeper\n\n  key: value\n\nb: 1\n")
        #expect(value["a"] == .string("# HELP\n  deeper\n\nkey: value\n"))
        #expect(value["b"] == .integer(1))
    }

    @Test func `a folded scalar becomes one line`() throws {
        #expect(try YAMLReader.read("a: >-\n  one\n  two: #2\nb: 1\n")["a"] == .string("one two: #2"))
    }

    @Test(arguments: [
        ("", YAMLError.Reason.empty, 1), ("# only\n", .empty, 1), ("a: 1\n\tb: 2", .tab, 2),
        ("a: 1 ", .trailingBlank, 1),
        (" a: 1", .indentation, 1), ("a:\n   b: 1", .indentation, 2), ("a:\n  b: 1\n c: 1", .indentation, 3),
        ("a: 1\n  b: 1", .indentation, 2), ("- 1\na: 1", .indentation, 2), ("a: 1\n- 1", .indentation, 2),
        ("a:\n- 1", .missingValue, 1), ("a:\nb: 1", .missingValue, 1), ("a: |\nb: 1", .missingValue, 1),
        ("a b: 1", .malformedKey, 1), ("a:1", .malformedKey, 1), ("a:  1", .malformedKey, 1), (": 1", .malformedKey, 1),
        ("200: 1", .ambiguousScalar("200"), 1), ("true: 1", .ambiguousScalar("true"), 1),
        ("a: 1\nb: 2\na: 3", .duplicateKey("a"), 3), ("a: 'open", .malformedQuotation, 1),
        ("a: 'b' c", .malformedQuotation, 1), (#"a: "\x41""#, .malformedQuotation, 1),
        ("a: yes", .ambiguousScalar("yes"), 1), ("a: ~", .ambiguousScalar("~"), 1),
        ("a: NULL", .ambiguousScalar("NULL"), 1),
        ("a: 012", .ambiguousScalar("012"), 1), ("a: 0x1F", .ambiguousScalar("0x1F"), 1),
        ("a: 2026-11-21", .ambiguousScalar("2026-11-21"), 1), ("a: 1:30", .ambiguousScalar("1:30"), 1),
        ("a: 2026-11-21T05:06:07Z", .ambiguousScalar("2026-11-21T05:06:07Z"), 1),
        ("a: 1_000", .ambiguousScalar("1_000"), 1),
        ("a: .inf", .ambiguousScalar(".inf"), 1), ("a: +1", .ambiguousScalar("+1"), 1),
        ("a: b: c", .ambiguousScalar("b: c"), 1),
        ("a: b # c", .ambiguousScalar("b # c"), 1), ("a: @b", .ambiguousScalar("@b"), 1),
        ("a: b:", .ambiguousScalar("b:"), 1),
    ])
    func `what other readers read in another way is refused, with its line`(
        text: String, reason: YAMLError.Reason, line: Int
    ) {
        #expect(throws: YAMLError(reason, line: line)) { try YAMLReader.read(text) }
    }

    @Test(arguments: [
        "a: &b 1", "a: *b", "a: !!str 1", "<<: *b", "---\na: 1", "a: {b: 1}", "a: [[1]]", "a: [1,2]", "a: [1, 2",
        "a: [1, ]",
        "a: [b: 1]", "a: >\n  b", "a: |-\n  b", "a: |2\n  b", "? a", "- - 1", "-  a: 1", "%YAML 1.2",
        "a: >-\n  b\n\n  c",
        "a: 1\n...", "a: \"b\n  c\"", "a: b\n  c",
    ])
    func `what the contract does without is refused`(text: String) {
        #expect(throws: YAMLError.self) { try YAMLReader.read(text) }
    }
}

/// The value of a JSON text that the test itself wrote.
func json(_ text: String) -> JSONValue {
    do { return try JSONParser.parse(Array(text.utf8)) } catch { preconditionFailure("\(text): \(error)") }
}
