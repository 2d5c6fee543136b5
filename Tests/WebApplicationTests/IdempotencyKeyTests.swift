import HTTPMessages
import Testing
import WebApplication

@Suite struct IdempotencyKeyTests {
    private func key(_ fields: [(String, String)]) throws(Problem) -> String? {
        var headers = HeaderFields()
        for (name, value) in fields { headers.append(name, value) }
        return try Request(.post, "/", headers: headers).idempotencyKey()?.text
    }

    private func code(_ fields: [(String, String)]) -> String? {
        do throws(Problem) {
            _ = try key(fields)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: ["X-Idempotency-Key", "Idempotency-Key", "idempotency-key"]) func `either header names the key`(
        name: String
    ) throws {
        #expect(try key([(name, "abc-123")]) == "abc-123")
        #expect(try key([]) == nil)
    }

    @Test(arguments: ["X-Idempotency-Key", "Idempotency-Key"]) func `either header may quote it`(name: String) throws {
        #expect(try key([(name, #""abc""#)]) == "abc")
        #expect(try key([(name, #""a\"b\\c""#)]) == #"a"b\c"#)
        #expect(try key([("Idempotency-Key", #""abc""#), ("X-Idempotency-Key", "abc")]) == "abc")
        for value in [#"""#, #""""#, #""abc"#, #""a"b"#, #""abc"x"#, #""a\b""#, #""abc\"#, #""a b""#] {
            #expect(code([(name, value)]) == "invalid-idempotency-key", "\(value)")
        }
        #expect(try key([(name, #"abc""#)]) == #"abc""#)
    }

    @Test func `keys are told apart by case`() throws {
        #expect(IdempotencyKey("a") != IdempotencyKey("A"))
        #expect(code([("Idempotency-Key", "a"), ("X-Idempotency-Key", "A")]) == "idempotency-key-mismatch")
    }

    @Test func `two that differ are refused and two that agree are one`() throws {
        #expect(code([("X-Idempotency-Key", "a"), ("X-Idempotency-Key", "b")]) == "idempotency-key-mismatch")
        #expect(try key([("X-Idempotency-Key", "a"), ("X-Idempotency-Key", "a")]) == "a")
    }

    @Test(arguments: ["X-Idempotency-Key", "Idempotency-Key"])
    func `a header is a list, and equal members are one key`(name: String) throws {
        for value in ["k,k", "k, k", "k ,\tk", #""k",k"#, #""k" , "k""#, "k,k,k"] {
            #expect(try key([(name, value)]) == "k", "\(value)")
        }
        #expect(try key([(name, "k,k"), ("X-Idempotency-Key", "k"), ("Idempotency-Key", #""k""#)]) == "k")
        for value in ["k,l", "k,K", #"k,"l""#, "k,k,l"] {
            #expect(code([(name, value)]) == "idempotency-key-mismatch", "\(value)")
        }
        for value in [",", "k,", ",k", "k,,k", #""k,k""#, #""k\,k""#, "k;,k k", #""","#] {
            #expect(code([(name, value)]) == "invalid-idempotency-key", "\(value)")
        }
    }

    @Test func `1 to 255 visible characters are a key`() throws {
        #expect(IdempotencyKey(String(repeating: "k", count: 255)) != nil)
        for text in ["", " ", "a,b", ",", "a b", "é", "a\u{7F}", "a\n", String(repeating: "k", count: 256)] {
            #expect(IdempotencyKey(text) == nil)
            let code = code([("X-Idempotency-Key", text)])
            #expect(code == (text == "a,b" ? "idempotency-key-mismatch" : "invalid-idempotency-key"))
        }
    }

    @Test func `where a key is needed its absence is told`() throws {
        let problem = #expect(throws: Problem.self) { try Request(.post, "/").requiredIdempotencyKey() }
        #expect(problem?.code == "idempotency-key-missing")
        let request = Request(.post, "/", headers: ["X-Idempotency-Key": "a"])
        #expect(try request.requiredIdempotencyKey().text == "a")
    }
}
