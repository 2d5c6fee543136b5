import Concurrency
import HTTPMessages
import JSON
import Testing
import WebApplication

@Suite struct RequestHeaderTests {
    private let harness = Harness()

    @Test func `a correlation id goes to the operation, the answer and the log`() throws {
        let response = harness.respond(.get, "/open", ["X-Correlation-Id": "req-456"])
        #expect(response.headers.values(of: "X-Correlation-Id") == ["req-456"])
        #expect(response.json?["correlation_id"] == .string("req-456"))
        #expect(try harness.log().map { $0["correlation_id"] } == [.string("req-456")])
    }

    @Test func `without one it is made, a new one each time`() {
        let ids = (0..<100).compactMap { _ in harness.respond(.get, "/open").headers["X-Correlation-Id"] }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { RequestHeaders.isCorrelationID($0) && $0.hasPrefix("req-") })
    }

    @Test(arguments: ["", " ", "a b", "é", "a\tb", "a\u{7F}", String(repeating: "x", count: 129)])
    func `a malformed correlation id is 400 under a new one`(value: String) throws {
        let response = harness.respond(.get, "/open", ["X-Correlation-Id": value])
        #expect(response.status == .badRequest)
        #expect(response.code == "invalid-header")
        let id = try #require(response.headers["X-Correlation-Id"])
        #expect(id != value && RequestHeaders.isCorrelationID(id))
    }

    @Test(arguments: ["x", String(repeating: "x", count: 128), "!~", "a\"b\\c"])
    func `1 to 128 visible characters are a correlation id`(
        value: String
    ) {
        #expect(harness.respond(.get, "/open", ["X-Correlation-Id": value]).headers["X-Correlation-Id"] == value)
    }

    @Test func `a trace goes on in the answer, the operation and the log`() throws {
        let traceID = "0af7651916cd43dd8448eb211c80319c"
        let response = harness.respond(.get, "/open", ["traceparent": "00-\(traceID)-b7ad6b7169203331-01"])
        #expect(response.headers["traceparent"]?.hasPrefix("00-\(traceID)-") == true)
        #expect(response.headers["traceparent"]?.contains("b7ad6b7169203331") == false)
        #expect(response.json?["trace_id"] == .string(traceID))
        #expect(try harness.log().map { $0["trace_id"] } == [.string(traceID)])
        let problem = harness.respond(.get, "/nowhere", ["traceparent": "00-\(traceID)-b7ad6b7169203331-01"])
        #expect(problem.json?["trace_id"] == .string(traceID))
    }

    @Test func `a malformed trace begins a new one and is no error`() throws {
        let response = harness.respond(.get, "/open", ["traceparent": "00-xyz"])
        #expect(response.status == .ok)
        #expect(try #require(response.headers["traceparent"]).count == 55)
    }

    @Test func `two traces begin a new one`() throws {
        var headers: HeaderFields = ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]
        headers.append("traceparent", "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        let traceparent = try #require(harness.respond(.get, "/open", headers).headers["traceparent"])
        #expect(!traceparent.contains("af7651916cd43dd8448eb211c80319c"))
    }

    @Test(arguments: [("1000", 1000), ("60000", 60_000), ("0500", 500), (nil, 10_000)])
    func `a timeout sets the deadline`(
        value: String?, milliseconds: Int64
    ) throws {
        let headers: HeaderFields = value.map { ["X-Request-Timeout-Ms": $0] } ?? [:]
        let remaining = try #require(harness.respond(.get, "/open", headers).json?["remaining_ms"]?.integer)
        #expect(remaining <= milliseconds && remaining > milliseconds - 450)
    }

    @Test(arguments: ["0", "-1", "60001", "x", "", "1.5", "1e3", "+5", " 5", "5 ", "99999999999999999999", "0x10"])
    func `a timeout out of its limits is 400`(value: String) {
        let response = harness.respond(.get, "/open", ["X-Request-Timeout-Ms": value])
        #expect(response.status == .badRequest)
        #expect(response.code == "invalid-header")
        #expect(response.json?["detail"]?.string?.contains("X-Request-Timeout-Ms") == true)
    }

    @Test func `time in the queue counts against the deadline`() throws {
        let response = harness.respond(.get, "/open", ageMilliseconds: 4000)
        let remaining = try #require(response.json?["remaining_ms"]?.integer)
        #expect(remaining <= 6000)
    }

    @Test func `a request that waited past its deadline is 504 and is not begun`() {
        let harness = Harness(routes: [
            Route("never", .get, "/never", access: .everybody) { _, _ in
                Issue.record("The operation was begun.")
                return Response(.ok)
            }
        ])
        for response in [
            harness.respond(.get, "/never", ageMilliseconds: 10_000),
            harness.respond(.get, "/never", ["X-Request-Timeout-Ms": "50"], ageMilliseconds: 50),
            harness.respond(.get, "/never", by: .after(milliseconds: 0)),
        ] {
            #expect(response.status == .gatewayTimeout)
            #expect(response.code == "deadline-exceeded")
            #expect(response.json?["retryable"] == .bool(true))
        }
    }

    @Test func `the source's own limit shortens the deadline and never prolongs it`() throws {
        let short = harness.respond(.get, "/open", by: .after(milliseconds: 500))
        #expect(try #require(short.json?["remaining_ms"]?.integer) <= 500)
        let long = harness.respond(.get, "/open", ["X-Request-Timeout-Ms": "1000"], by: .after(milliseconds: 30_000))
        #expect(try #require(long.json?["remaining_ms"]?.integer) <= 1000)
    }

    @Test(arguments: [
        "application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;charset=UTF-8",
        "application/json ; charset=\"utf-8\"", "application/json;",
    ])
    func `a body of JSON is taken`(type: String) {
        #expect(harness.respond(.post, "/open", ["Content-Type": type], body: "{}").status == .ok)
    }

    @Test(arguments: [
        "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/problem+json", "json",
        "application/json; charset=iso-8859-1", "application/json; charset=utf-16", "application/json; boundary=x",
        "application/json, text/plain", "appli cation/json", "*/*", "multipart/form-data; boundary=x",
        "; application/json",
        "application/json; charset=utf-8; charset=iso-8859-1",
    ])
    func `a body of another type is 415`(type: String) {
        let response = harness.respond(.post, "/open", ["Content-Type": type], body: "{}")
        #expect(response.status == .unsupportedMediaType)
        #expect(response.code == "unsupported-media-type")
    }

    @Test func `a body without a type, or with two, is 415`() {
        #expect(harness.respond(.post, "/open", body: "{}").status == .unsupportedMediaType)
        var headers: HeaderFields = ["Content-Type": "application/json"]
        headers.append("Content-Type", "text/plain")
        #expect(harness.respond(.post, "/open", headers, body: "{}").status == .unsupportedMediaType)
    }

    @Test func `without a body the type does not matter`() {
        #expect(harness.respond(.post, "/open").status == .ok)
        #expect(harness.respond(.post, "/open", ["Content-Type": "text/plain"]).status == .ok)
    }
}
