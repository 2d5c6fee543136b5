import JSON
import Testing

@Suite struct JSONWriterTests {
    @Test func `values of every kind are written without blanks`() {
        let bytes = JSONWriter.object { writer in
            writer.member("null", String?.none)
            writer.member("some", Optional("x"))
            writer.member("bools", [true, false])
            writer.member("int", -5)
            writer.member("int64", Int64.min)
            writer.member("uint64", UInt64.max)
            writer.member("double", 0.25)
            writer.member("empty", [Int]())
            writer.member("object", object: { $0.member("a", 1) })
            writer.member(
                "array",
                array: { writer in
                    writer.write(1)
                    writer.object { _ in }
                    writer.array { $0.write("x") }
                    writer.write(JSONValue.null)
                })
        }
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                {"null":null,"some":"x","bools":[true,false],"int":-5,"int64":-9223372036854775808,\
                "uint64":18446744073709551615,"double":0.25,"empty":[],"object":{"a":1},"array":[1,{},["x"],null]}
                """)
    }

    @Test func `what must be escaped is escaped and nothing else`() throws {
        #expect(
            written("\"\\/\n\r\t\u{8}\u{C}\0\u{1F}\u{7F}é\u{2028}")
                == "\"\\\"\\\\/\\n\\r\\t\\u0008\\u000c\\u0000\\u001f\u{7F}é\u{2028}\"")
        for code in UInt32(0)..<0x20 {
            let text = String(try #require(Unicode.Scalar(code)))
            let json = written(text)
            #expect(json.utf8.allSatisfy { $0 >= 0x20 })
            #expect(try parsed(json) == .string(text))
        }
    }

    @Test func `names are escaped as texts are`() throws {
        let json = String(decoding: JSONWriter.object { $0.member("a\"\n", 1) }, as: UTF8.self)
        #expect(json == #"{"a\"\n":1}"#)
    }

    @Test func `numbers that JSON does not have become null`() {
        #expect([Double.nan, .infinity, -.infinity].map { written($0) } == ["null", "null", "null"])
    }

    @Test(arguments: [0.0, -0.0, 1e21, 1e-7, 0.1, .leastNonzeroMagnitude, .greatestFiniteMagnitude])
    func `doubles are JSON numbers`(
        number: Double
    ) throws {
        #expect(refusal(written(number)) == nil)
    }

    @Test func `bytes that are JSON already are written as they are`() {
        let bytes = JSONWriter.object { writer in
            writer.member("a", verbatim: Array("{\"x\": 1}".utf8))
            writer.member(
                "b",
                array: { writer in
                    writer.write(verbatim: Array("1".utf8))
                    writer.write(verbatim: Array("2.50".utf8))
                })
            writer.member("c", 3)
        }
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"a":{"x": 1},"b":[1,2.50],"c":3}"#)
    }

    @Test func `a value read is written as it was read`() throws {
        let text = #"{"b":[1,-2.50,1e400,"\u0001",null],"a":{"z":true,"y":false}}"#
        #expect(written(try parsed(text)) == text)
    }
}

@Suite struct JSONCanonicalFormTests {
    @Test(arguments: [
        (#"{"b":1,"a":2}"#, #"{ "a" : 2 , "b" : 1 }"#), (#"{"a":2.0}"#, #"{"a":2}"#),
        (#"{"a":"A"}"#, #"{"\u0061":"\u0041"}"#),
        (#"[{"b":{"d":1,"c":2}}]"#, #"[{"b":{"c":2,"d":1}}]"#), ("1.50", "15e-1"), ("-0.5", "-5E-1"),
        ("1e400", "10e399"),
        ("18446744073709551616", "18446744073709551616.0"),
    ])
    func `texts of one meaning share it`(left: String, right: String) throws {
        #expect(try written(parsed(left).canonical) == written(parsed(right).canonical))
    }

    @Test(arguments: [
        (#"{"a":1}"#, #"{"a":"1"}"#), ("[1,2]", "[2,1]"), (#"{"a":null}"#, "{}"), ("1.5", "-1.5"), ("1.5", "1.51"),
        ("1e400", "1e401"), ("2", "2.00000000000000000001"), ("\"\u{E9}\"", "\"e\u{301}\""),
    ])
    func `texts of two meanings do not`(left: String, right: String) throws {
        // As bytes: Swift's `==` takes equivalent Unicode texts for equal.
        let bytes = try [left, right].map { JSONWriter.bytes(of: try parsed($0).canonical) }
        #expect(bytes[0] != bytes[1])
    }

    @Test func `members are sorted by the bytes of their names at every level`() throws {
        let value = try parsed(#"{"é":1,"z":{"b":1,"a":[{"y":1,"x":2}]},"Z":1,"":1,"aa":1,"a":1}"#)
        #expect(written(value.canonical) == #"{"":1,"Z":1,"a":1,"aa":1,"z":{"a":[{"x":2,"y":1}],"b":1},"é":1}"#)
    }

    @Test func `it is its own canonical form`() throws {
        let once = try parsed(#"{"b":[1.50,1e400,{"d":0.001,"c":"x"}],"a":1e99999999999999}"#).canonical
        #expect(written(once.canonical) == written(once))
        #expect(written(try parsed(written(once)).canonical) == written(once))
    }
}
