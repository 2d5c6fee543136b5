import Concurrency
import HTTPMessages
import JSON
import Telemetry
import Testing
import WebApplication

@Suite struct ServerSpanTests {
    private let spans = Lock<[Span]>([])

    private func harness(_ routes: [Route] = Harness.routes) -> Harness {
        Harness(routes: routes, apiTokens: [], spans: SpanSink { [spans] span in spans.withLock { $0.append(span) } })
    }

    @Test func `a request's span is named by its route, and lasts from its arrival on`() throws {
        _ = harness().respond(.get, "/items/5?token=secret", ageMilliseconds: 300)
        let span = try #require(spans.withLock { $0 }.first)
        #expect(span.name == "GET /items/{id}")
        #expect(span.kind == .server)
        #expect(span["url.path"] == .text("/items/5"))
        #expect(span["http.response.status_code"] == .number(200))
        #expect(span.durationNanoseconds >= 300_000_000)
        let age = Timestamp.now().microsecondsSince1970 - span.start.microsecondsSince1970
        #expect(age >= 300_000)
        #expect(!span.attributes.contains { "\($0.value)".contains("secret") })
    }

    @Test func `a path that is no operation's is in no name`() {
        let harness = harness()
        _ = harness.respond(.get, "/wp-admin")
        _ = harness.application.refuse(.overloaded, Request(.get, "/x"))
        #expect(spans.withLock { $0 }.map(\.name) == ["GET", "GET"])
    }

    @Test func `the service's failures are errors, the caller's are not`() {
        let harness = harness([
            Route("fail", .get, "/fail", access: .apiToken) { (_, _) throws(Problem) in
                throw Problem(.internalError, detail: "No.")
            },
            Route("refuse", .get, "/refuse", access: .apiToken) { (_, _) throws(Problem) in throw .routeNotFound },
        ])
        _ = harness.respond(.get, "/fail")
        _ = harness.respond(.get, "/refuse")
        #expect(spans.withLock { $0 }.map { $0["error.type"] } == [.text("500"), nil])
    }

    @Test func `the lines, the answer and the span have one id`() throws {
        let harness = harness()
        let response = harness.respond(.get, "/items/5")
        let span = try #require(spans.withLock { $0 }.first)
        let line = try #require(try harness.log().first)
        #expect(line["span_id"] == .string(span.context.spanID))
        #expect(line["trace_id"] == .string(span.context.traceID))
        #expect(response.headers["traceparent"] == span.context.traceparent)
    }

    @Test func `a probe begins no trace that is recorded, and is part of a caller's`() throws {
        let harness = harness()
        _ = harness.respond(.get, "/open")
        #expect(spans.withLock { $0 }.isEmpty)
        _ = harness.respond(
            .get, "/open", ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"])
        #expect(spans.withLock { $0 }.map(\.context.parentSpanID) == ["b7ad6b7169203331"])
    }

    @Test func `of the traces that begin here the ratio's part is recorded, of those that come in what they say`() {
        let harness = Harness(
            apiTokens: [], spans: SpanSink(ratio: 0.25) { [spans] span in spans.withLock { $0.append(span) } })
        var sampled = 0
        for _ in 0..<400 {
            let response = harness.respond(.get, "/items/5")
            if response.headers["traceparent"]?.hasSuffix("-01") == true { sampled += 1 }
        }
        // 100 expected; 30 to either side is more than three standard deviations.
        #expect(70...130 ~= sampled)
        #expect(spans.withLock { $0 }.count == sampled)
        let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"
        for flag in 0...1 { _ = harness.respond(.get, "/items/5", ["traceparent": "\(caller)\(flag)"]) }
        #expect(spans.withLock { $0 }.count == sampled + 1)
    }

    @Test func `where X-Ray records the hop, ours is a part of its span; unrecorded, ours is its`() throws {
        let given = try #require(
            TraceContext(xray: "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"))
        _ = harness().respond(.get, "/open", trace: given)
        let span = try #require(spans.withLock { $0 }.first)
        #expect(span.context.parentSpanID == "9a9197af755a6419")
        let response = Harness().respond(.get, "/open", trace: given)
        #expect(response.headers["traceparent"] == given.traceparent)
    }
}
