import Concurrency
import HTTPMessages
import JSON
import Telemetry
import Testing
import WebApplication

@Suite struct ServerSpanTests {
    private let spans = Lock<[Span]>([])

    private func harness(_ routes: [Route] = Harness.routes) -> Harness {
        Harness(routes: routes, apiTokens: [], spans: { [spans] span in spans.withLock { $0.append(span) } })
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
            Route("fail", .get, "/fail", access: .everybody) { (_, _) throws(Problem) in
                throw Problem(.internalError, detail: "No.")
            },
            Route("refuse", .get, "/refuse", access: .everybody) { (_, _) throws(Problem) in throw .routeNotFound },
        ])
        _ = harness.respond(.get, "/fail")
        _ = harness.respond(.get, "/refuse")
        #expect(spans.withLock { $0 }.map { $0["error.type"] } == [.text("500"), nil])
    }

    @Test func `the lines, the answer and the span have one id`() throws {
        let harness = harness()
        let response = harness.respond(.get, "/open")
        let span = try #require(spans.withLock { $0 }.first)
        let line = try #require(try harness.log().first)
        #expect(line["span_id"] == .string(span.context.spanID))
        #expect(line["trace_id"] == .string(span.context.traceID))
        #expect(response.headers["traceparent"] == span.context.traceparent)
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
