import BlockingTesting
import Concurrency
import ServiceTesting
import Telemetry
import Testing

/// One call is one tree of spans, through three services and down to their statements.
@Suite(.blocking) struct SpanTests {
    private static let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private func spans(_ traceparent: String, statusOfCall: Int = 201) throws -> [Span] {
        let spans = Lock<[Span]>([])
        let backend = try Backend(spans: SpanSink { span in spans.withLock { $0.append(span) } })
        spans.withLock { $0 = [] }
        let reply = try backend.harness().client.with("traceparent", traceparent)
            .post(ServiceHarness.path, callBody(backend.ana, [(backend.chair, 2)], key: "key-1"))
        #expect(reply.status == statusOfCall)
        return spans.withLock { $0 }
    }

    @Test func `each span hangs on the one that it is part of, and the first on the caller's`() throws {
        let spans = try spans(Self.caller)
        #expect(Set(spans.map(\.context.traceID)) == ["0af7651916cd43dd8448eb211c80319c"])
        let byID = Dictionary(uniqueKeysWithValues: spans.map { ($0.context.spanID, $0) })
        func path(_ span: Span) -> String {
            let parent = span.context.parentSpanID.flatMap { byID[$0] }
            return parent.map { path($0) + " > " + span.name } ?? span.name
        }
        let roots = spans.filter { byID[$0.context.parentSpanID ?? ""] == nil }
        #expect(roots.map(\.name) == ["POST /orchestrator/create-and-confirm-order"])
        #expect(roots.first?.context.parentSpanID == "b7ad6b7169203331")
        let root = "POST /orchestrator/create-and-confirm-order"
        let paths = spans.map(path)
        for hop in [
            "\(root) > GET > GET /admin/customers/internal/customers/{id} > SELECT",
            "\(root) > POST > POST /admin/orders/internal/create-order > SELECT",
            "\(root) > POST > POST /admin/orders/internal/create-order > INSERT",
            "\(root) > POST > POST /admin/orders/internal/create-order > COMMIT",
            "\(root) > POST > POST /admin/orders/{id}/confirm > UPDATE",
        ] {
            #expect(paths.contains(hop), "\(hop) is not among \(paths)")
        }
        #expect(spans.allSatisfy { $0.durationNanoseconds > 0 && !$0.hasFailed })
    }

    @Test func `what a span tells are names, texts of statements and places, never a bound value`() throws {
        let spans = try spans(Self.caller)
        let insert = try #require(spans.first { $0["db.query.text"].map { "\($0)".contains("INTO orders") } == true })
        #expect(insert["db.system.name"] == .text("mysql"))
        #expect(insert["db.operation.name"] == .text("INSERT"))
        let exchange = try #require(spans.first { $0.name == "GET" && $0.kind == .client })
        #expect(exchange["server.address"] == .text("127.0.0.1"))
        #expect(exchange["http.response.status_code"] == .number(200))
        for span in spans {
            for attribute in span.attributes {
                #expect(!"\(attribute.value)".contains("ana@example.com") && !"\(attribute.value)".contains("Torres"))
            }
        }
    }

    @Test func `a trace that its first hop does not record has no spans`() throws {
        #expect(try spans(Self.caller.dropLast(2) + "00").isEmpty)
    }
}
