import JSON
import JSONSchemas
import Testing

@Suite struct JSONSchemaTests {
    @Test(arguments: [
        (#"{"type":"string"}"#, #""a""#, "1"), (#"{"type":"integer"}"#, "1", "1.5"),
        (#"{"type":"integer"}"#, "2.0", #""2""#),
        (#"{"type":"boolean"}"#, "false", "0"), (#"{"type":"object"}"#, "{}", "[]"), (#"{"type":"array"}"#, "[]", "{}"),
        (#"{"type":"string","nullable":true}"#, "null", "1"), (#"{"type":"string"}"#, #""""#, "null"),
        (#"{"type":"string","enum":["a","b"]}"#, #""b""#, #""c""#),
        (#"{"type":"boolean","enum":[true]}"#, "true", "false"),
        (#"{"type":"integer","minimum":1}"#, "1", "0"), (#"{"type":"integer","maximum":9}"#, "9", "10"),
        (#"{"type":"string","minLength":2}"#, #""ab""#, #""a""#),
        (#"{"type":"string","maxLength":2}"#, #""ab""#, #""abc""#),
        (#"{"type":"array","minItems":1}"#, "[1]", "[]"), (#"{"type":"array","maxItems":1}"#, "[1]", "[1,2]"),
        (#"{"type":"array","items":{"type":"string"}}"#, #"["a"]"#, #"["a",1]"#),
        (#"{"type":"string","pattern":"^[a-z]+$"}"#, #""ab""#, #""aB""#),
        (#"{"type":"string","pattern":"b"}"#, #""abc""#, #""ac""#),
        (#"{"type":"object","required":["a"]}"#, #"{"a":null}"#, #"{"b":1}"#),
        (#"{"type":"object","properties":{"a":{"type":"string"}}}"#, #"{"a":"x","b":1}"#, #"{"a":1}"#),
        (
            #"{"type":"object","additionalProperties":false,"properties":{"a":{"type":"string"}}}"#, #"{"a":"x"}"#,
            #"{"a":"x","b":1}"#
        ),
        (
            #"{"oneOf":[{"type":"integer","minimum":5},{"type":"integer","maximum":7}]}"#, "3", "6"
        ),
        (#"{"oneOf":[{"type":"string"},{"type":"integer"}]}"#, "3", "true"),
    ])
    func `each keyword accepts one value and refuses another`(schema: String, accepted: String, refused: String) throws
    {
        let schema = try JSONSchema(json(schema), location: "test")
        #expect(schema.violations(of: json(accepted)) == [])
        #expect(schema.violations(of: json(refused)).count == 1)
    }

    @Test func `a length counts code points, as the database does`() throws {
        let schema = try JSONSchema(json(#"{"type":"string","maxLength":2}"#), location: "test")
        #expect(schema.violations(of: .string("e\u{301}")) == [])
        #expect(schema.violations(of: .string("e\u{301}a")).count == 1)
        #expect(schema.violations(of: .string("😀😀")) == [])
    }

    @Test func `the end of a pattern is the end of the text, not of a line`() throws {
        let schema = try JSONSchema(json(#"{"type":"string","pattern":"^a$"}"#), location: "test")
        #expect(schema.violations(of: .string("a\n")).count == 1)
    }

    @Test(arguments: [
        ("2026-11-21T05:06:07.123456Z", true), ("2026-11-21T05:06:07Z", false),
        ("2026-11-21T05:06:07.123456+02:00", false),
        ("2026-11-21 05:06:07.123456Z", false), ("2026-13-21T05:06:07.123456Z", false),
        ("2026-11-21T24:06:07.123456Z", false), ("2026-11-21T05:06:07.123456", false), ("now", false),
    ])
    func `a date-time is one of RFC 3339, in UTC and with microseconds`(text: String, isAccepted: Bool) throws {
        let schema = try JSONSchema(json(#"{"type":"string","format":"date-time"}"#), location: "test")
        #expect(schema.violations(of: .string(text)).isEmpty == isAccepted)
    }

    @Test func `every violation is found at once, each with its pointer`() throws {
        let schema = try JSONSchema(
            json(
                """
                {"type":"object","required":["a","b"],"additionalProperties":false,"properties":{"a":{"type":"integer"},
                "b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"string"}}}}}}
                """), location: "test")
        #expect(
            schema.violations(of: json(#"{"b":[{"c":"x"},{"c":1}],"d":1}"#)) == [
                "/a is missing", "/b/1/c is a integer, not a string", "/d is not in the contract",
            ])
    }

    @Test(arguments: [
        (#"{"type":"string","multipleOf":2}"#, JSONSchemaError.Reason.unknownKeyword("multipleOf")),
        (#"{"type":"string","format":"uuid"}"#, .malformedKeyword("format")), (#"{}"#, .malformedKeyword("type")),
        (#"{"type":"number"}"#, .malformedKeyword("type")),
        (#"{"type":"string","minLength":"1"}"#, .malformedKeyword("minLength")),
        (#"{"type":"string","pattern":"["}"#, .malformedKeyword("pattern")), ("[]", .notAnObject),
        (#"{"type":"object","required":["b"],"properties":{"a":{"type":"string"}}}"#, .unknownRequiredMember("b")),
    ])
    func `a schema that could not be checked is refused`(schema: String, reason: JSONSchemaError.Reason) {
        #expect(throws: JSONSchemaError(reason, location: "test")) { try JSONSchema(json(schema), location: "test") }
    }

    @Test func `a keyword is unknown at any depth`() {
        #expect(throws: JSONSchemaError(.unknownKeyword("x"), location: "test.a[]")) {
            try JSONSchema(
                json(
                    #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"string","x":1}}}}"#),
                location: "test")
        }
    }
}
