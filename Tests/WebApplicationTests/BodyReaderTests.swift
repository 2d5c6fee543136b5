import HTTPMessages
import JSON
import Testing
import WebApplication

@Suite struct BodyTests {
    private func problem(_ body: String) -> Problem? {
        do throws(Problem) {
            _ = try Request(.post, "/", body: Array(body.utf8)).jsonObject()
            return nil
        } catch {
            return error
        }
    }

    @Test func `an object is read`() throws {
        let object = try Request(.post, "/", body: Array(#" {"a":1} "#.utf8)).jsonObject()
        #expect(object["a"] == .integer(1))
    }

    @Test(arguments: ["", "[]", "null", "\"x\"", "1", "true"]) func `what is no object is told so`(body: String) {
        #expect(problem(body)?.code == "body-not-object")
        #expect(problem(body)?.status == .badRequest)
    }

    @Test(arguments: ["{", "{}x", "{\"a\":1,\"a\":1}", "{\"a\":01}", String(repeating: "[", count: 33), " "])
    func `what is no JSON is told so with the place`(body: String) {
        #expect(problem(body)?.code == "malformed-json")
        #expect(problem(body)?.status == .badRequest)
    }
}

@Suite struct BodyReaderTests {
    private func reader(_ body: String, at pointer: String = "") throws -> BodyReader {
        BodyReader(try Request(.post, "/", body: Array(body.utf8)).jsonObject(), at: pointer)
    }

    /// `pointer code` of everything that is wrong.
    private func violations(_ reader: BodyReader) -> [String] { reader.violations.map { "\($0.pointer) \($0.code)" } }

    @Test func `a required member is there and not null`() throws {
        var reader = try reader(#"{"a":"x","b":null}"#)
        #expect(reader.required("a", .text(length: 1...5)) == "x")
        #expect(reader.problem == nil)
        #expect(reader.required("b", .text(length: 1...5)) == nil)
        #expect(reader.required("c", .text(length: 1...5)) == nil)
        #expect(violations(reader) == ["/b required", "/c required"])
    }

    @Test func `an optional member may be absent or null but not wrong`() throws {
        var reader = try reader(#"{"a":"x","b":null,"d":5}"#)
        #expect(reader.optional("a", .text(length: 1...5)) == "x")
        #expect(reader.optional("b", .text(length: 1...5)) == nil)
        #expect(reader.optional("c", .text(length: 1...5)) == nil)
        #expect(reader.problem == nil)
        #expect(reader.optional("d", .text(length: 1...5)) == nil)
        #expect(violations(reader) == ["/d type"])
    }

    @Test func `a merge patch tells absent, removed and changed apart`() throws {
        var reader = try reader(#"{"new":"x","gone":null,"kept":null,"wrong":1}"#)
        let rule = ValueRule<String>.text(length: 1...5)
        #expect(reader.change("absent", rule).value(or: "old") == "old")
        #expect(reader.change("absent", rule, isRemovable: true).optionalValue(or: "old") == "old")
        #expect(reader.change("new", rule).value(or: "old") == "x")
        #expect(reader.change("new", rule, isRemovable: true).optionalValue(or: "old") == "x")
        #expect(reader.change("gone", rule, isRemovable: true).optionalValue(or: "old") == nil)
        #expect(reader.problem == nil)
        #expect(reader.change("kept", rule).value(or: "old") == "old")
        #expect(reader.change("wrong", rule).value(or: "old") == "old")
        #expect(violations(reader) == ["/kept type", "/wrong type"])
    }

    @Test func `all violations are told at once, those of nested objects in place`() throws {
        var reader = try reader(#"{"name":"","items":[{"qty":0},{"product_id":"x"}]}"#)
        _ = reader.required("name", .text(length: 1...5))
        let items = reader.required("items", .objects(count: 1...3)) ?? []
        for (index, item) in items.enumerated() {
            var nested = BodyReader(item, at: "/items/\(index)")
            _ = nested.required("product_id", .integer(in: 1...Int64.max))
            _ = nested.required("qty", .integer(in: 1...10))
            reader.absorb(nested)
        }
        reader.reject("items", "range", "Too much in all.")
        let problem = try #require(reader.problem)
        #expect(problem.code == "validation-failed")
        #expect(problem.status == .unprocessableContent)
        let errors = try #require(problem.response(instance: nil, traceID: "").json?["errors"]?.array)
        #expect(
            errors.map { "\($0["pointer"]?.string ?? "") \($0["code"]?.string ?? "")" } == [
                "/name length", "/items/0/product_id required", "/items/0/qty range", "/items/1/product_id type",
                "/items/1/qty required", "/items range",
            ])
        #expect(errors.allSatisfy { $0["detail"]?.string?.isEmpty == false })
        #expect(problem.detail.hasPrefix("6 values"))
    }
}

@Suite struct ValueRuleTests {
    /// The code of the violation; nil for a value that fits.
    private func code<Value>(_ rule: ValueRule<Value>, _ json: String) throws -> String? {
        switch rule.read(try JSONParser.parse(Array(json.utf8))) {
        case .success: nil
        case .failure(let failure): failure.code
        }
    }

    @Test(arguments: [
        ("1", nil), ("9", nil), ("5.0", nil), ("0", "range"), ("10", "range"), ("-1", "range"), ("1.5", "range"),
        ("1e400", "range"), ("99999999999999999999", "range"), ("1.99999999999999999999", "range"), ("\"5\"", "type"),
        ("true", "type"), ("null", "type"), ("[]", "type"), ("{}", "type"),
    ])
    func `an integer is a whole number of its range`(json: String, code: String?) throws {
        #expect(try self.code(.integer(in: 1...9), json) == code)
    }

    @Test(arguments: [("true", nil), ("false", nil), ("1", "type"), ("\"true\"", "type"), ("null", "type")])
    func `a boolean is nothing else`(json: String, code: String?) throws {
        #expect(try self.code(.boolean, json) == code)
    }

    @Test(arguments: [
        (#""x""#, nil), (#""abc""#, nil), (#""abcd""#, "length"), (#""""#, "length"), (#""é\u00e9😀""#, nil),
        (#""e\u0301e\u0301""#, "length"), (#""a\u0000""#, "control-character"), (#""a\n""#, "control-character"),
        (#""a\u007f""#, "control-character"), (#""   ""#, "format"), (#"" a ""#, nil), ("5", "type"), ("[]", "type"),
        ("{}", "type"),
    ])
    func `a text has a length and no control characters and is not blank`(json: String, code: String?) throws {
        #expect(try self.code(.text(length: 1...3), json) == code)
    }

    @Test func `an empty text fits where the length begins at nothing`() throws {
        #expect(try code(.text(length: 0...3), #""""#) == nil)
    }

    @Test(arguments: [
        ("[{}]", nil), ("[{},{}]", nil), ("[]", "empty"), ("[{},{},{}]", "too-many"), ("[1]", "type"),
        ("[{},null]", "type"),
        ("{}", "type"), ("\"x\"", "type"),
    ])
    func `an array has a number of objects`(json: String, code: String?) throws {
        #expect(try self.code(.objects(count: 1...2), json) == code)
    }

    @Test func `a rule is followed by one more`() throws {
        let rule = ValueRule<String>.text(length: 1...5).parsed(code: "format", "Must be digits.") { Int($0) }
        #expect(try code(rule, #""12""#) == nil)
        #expect(try code(rule, #""x""#) == "format")
        #expect(try code(rule, #""123456""#) == "length")
        #expect(try code(rule, "12") == "type")
    }

    @Test func `a mismatch names both kinds`() throws {
        guard case .failure(let failure) = ValueRule<Bool>.boolean.read(.integer(1)) else {
            Issue.record("An integer was taken for a boolean.")
            return
        }
        #expect(failure.detail == "Must be a boolean, not integer.")
    }
}
