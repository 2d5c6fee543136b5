import HTTPMessages
import HostileInput
import JSON
import Telemetry
import Testing
import WebApplication

/// Wherever a client's text is compared, or is the key of something, the cost is its length.
@Suite struct HostileTextTests {
    /// 256 KiB: compared as Swift compares strings, a single comparison of it takes longer than the limit below.
    private static let marks = HostileText.marks(byteCount: 256 << 10)
    /// As long, and not the same.
    private static let others = HostileText.marks(byteCount: 256 << 10, number: 1)
    /// As long, not the same, and alike at both ends.
    private static let sameEnds = HostileText.marks(byteCount: 256 << 10, number: 2)
    /// Milliseconds in an optimized build, less than half a second in a debug build on a busy machine.
    private static let limit = Duration.seconds(6)

    private func expectInTime(_ what: String, _ work: () throws -> Void) rethrows {
        let time = try ContinuousClock().measure(work)
        #expect(time < HostileTextTests.limit, "\(what): \(time)")
    }

    @Test(arguments: [
        "Host", "Origin", "Sec-Fetch-Site", "Authorization", "Content-Type", "X-Idempotency-Key", "X-Correlation-Id",
        "X-Request-Timeout-Ms", "traceparent", "Access-Control-Request-Method",
    ])
    func `a header's value costs its length`(name: String) {
        let harness = Harness(apiTokens: [], origins: ["https://shop.example"])
        for value in [Self.marks, "a" + Self.marks, "\"" + Self.marks, "Bearer " + Self.marks, "," + Self.marks] {
            var headers: HeaderFields = ["Access-Control-Request-Method": "POST"]
            headers[name] = value
            expectInTime(name) {
                _ = harness.respond(.get, "/items/1", headers)
                _ = harness.respond(.options, "/open", headers)
                _ = harness.respond(.post, "/open", headers, body: "{}")
                _ = try? Request(.post, "/", headers: headers).idempotencyKey()
            }
        }
    }

    @Test func `a header's name costs its length`() {
        var headers = HeaderFields()
        for _ in 0..<3 { headers.append(Self.marks, "x") }
        headers.append(Self.others, "x")
        expectInTime("name") {
            _ = Harness().respond(.get, "/open", headers)
            #expect(headers.values(of: Self.marks).count == 3)
        }
    }

    @Test func `a target costs its length`() {
        let harness = Harness(apiTokens: [])
        for target in [
            "/" + Self.marks, Self.marks, "/open/" + Self.marks + "/x", "/items/" + Self.marks, "/open?" + Self.marks,
            "/open" + Self.marks + "?x",
        ] {
            expectInTime(String(target.unicodeScalars.prefix(8))) { _ = harness.respond(.get, target) }
        }
    }

    @Test func `a method costs its length`() {
        expectInTime("method") {
            #expect(Harness().respond(Method(rawValue: Self.marks), "/open").status == .methodNotAllowed)
            #expect(Harness().respond(Method(rawValue: "GET" + Self.marks), "/open").status == .methodNotAllowed)
        }
    }

    private enum Color: String, CaseIterable {
        case red, green
    }

    @Test func `a query costs its length`() {
        let (name, other) = (Self.marks, Self.others)
        for query in ["\(name)=1&\(name)=2&\(other)=3", "a=\(name)", "cursor=\(name)", "=\(name)&\(name)"] {
            expectInTime(String(query.unicodeScalars.prefix(8))) {
                var reader = QueryReader(Request(.get, "/list?\(query)"))
                _ = reader.text("a", length: 1...9)
                _ = reader.boolean("a")
                _ = reader.integer("a", in: 1...9)
                _ = reader.integer("a", from: 1, cappedAt: 9)
                _ = reader.timestamp("a")
                _ = reader.choice("a", Color.self)
                _ = try? PageRequest(&reader, filter: "", cursor: PageCursor(secrets: ["secret"]))
                _ = Request(.get, "/list?\(query)").queryValue("a")
            }
        }
    }

    @Test func `a body costs its length`() throws {
        // Alone, and among more members than are compared one by one.
        let few = [Self.marks, Self.others, Self.sameEnds]
        let many = (0..<32).map { HostileText.marks(byteCount: 32, number: $0) } + few
        for names in [few, many] {
            let body = "{" + names.map { #""\#($0)":"\#(Self.marks)""# }.joined(separator: ",") + "}"
            try expectInTime("body") {
                let object = try Request(.post, "/", body: Array(body.utf8)).jsonObject()
                var reader = BodyReader(object)
                _ = reader.required("a", .text(length: 1...9))
                _ = object[names[0]]
                #expect(JSONValue.object(object) == .object(object))
                _ = JSONWriter.bytes(of: JSONValue.object(object).canonical)
            }
        }
    }

    @Test func `a refusal quotes no more than 64 characters, whatever a character is made of`() throws {
        let body = #"{"\#(Self.marks)":1,"\#(Self.marks)":2}"#
        let error = #expect(throws: Problem.self) { try Request(.post, "/", body: Array(body.utf8)).jsonObject() }
        #expect(try #require(error).detail.utf8.count < 300)
    }

    @Test func `a question mark with a combining mark behind it still ends the path`() {
        let request = Request(.get, "/open?\u{301}=1&\u{301}a=2")
        #expect(String(request.path) == "/open")
        #expect(request.queryValue("\u{301}") == "1")
        #expect(request.queryValue("\u{301}a") == "2")
    }
}
