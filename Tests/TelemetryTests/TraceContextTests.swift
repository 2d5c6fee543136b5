import Telemetry
import Testing

@Suite struct TraceContextTests {
    private static let traceID = "0af7651916cd43dd8448eb211c80319c"
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func `a caller's trace goes on with a span of our own`() {
        let trace = TraceContext(continuing: TraceContextTests.parent)
        #expect(trace.traceID == TraceContextTests.traceID)
        #expect(trace.spanID != "b7ad6b7169203331")
        #expect(trace.parentSpanID == "b7ad6b7169203331")
        #expect(trace.traceparent == "00-\(trace.traceID)-\(trace.spanID)-01")
    }

    @Test(arguments: [("00", false), ("01", true), ("02", false), ("03", true), ("fe", false), ("ff", true)])
    func `only the sampled flag is understood and passed on`(flags: String, isSampled: Bool) {
        let trace = TraceContext(continuing: TraceContextTests.parent.dropLast(2) + flags)
        #expect(trace.traceID == TraceContextTests.traceID)
        #expect(trace.isSampled == isSampled)
        #expect(trace.traceparent.hasSuffix(isSampled ? "-01" : "-00"))
    }

    @Test(arguments: ["01", "cc", "fe"]) func `a future version is read as far as it is known`(version: String) {
        let known = version + TraceContextTests.parent.dropFirst(2)
        #expect(TraceContext(continuing: known).traceID == TraceContextTests.traceID)
        #expect(TraceContext(continuing: known + "-what-comes-later").traceID == TraceContextTests.traceID)
        #expect(TraceContext(continuing: known + "-what-comes-later").traceparent.hasPrefix("00-"))
        #expect(TraceContext(continuing: known + ".what-comes-later").traceID != TraceContextTests.traceID)
    }

    @Test(arguments: [
        nil, "", "-", "---", "00", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0A",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c0-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
        "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01,00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ])
    func `none and a malformed one begin a new trace`(traceparent: String?) {
        let trace = TraceContext(continuing: traceparent)
        #expect(trace.traceID.lowercased() != TraceContextTests.traceID)
        #expect(trace.isSampled)
        #expect(TraceContext(continuing: trace.traceparent).traceID == trace.traceID)
    }

    @Test func `new ids are hexadecimal, not zero and never the same`() {
        let traces = (0..<500).map { _ in TraceContext(continuing: nil) }
        for trace in traces {
            #expect(trace.traceID.count == 32 && trace.spanID.count == 16)
            #expect((trace.traceID + trace.spanID).allSatisfy { "0123456789abcdef".contains($0) })
            #expect(trace.traceID.contains { $0 != "0" } && trace.spanID.contains { $0 != "0" })
        }
        #expect(Set(traces.map(\.traceID)).count == 500)
        #expect(Set(traces.map(\.spanID)).count == 500)
    }

    private static let root = "1-5759e988-bd862e3fe1be46a994272793"

    @Test(arguments: [
        ("Root=\(root);Parent=53995c3f42cd8ad8;Sampled=1", true),
        ("Sampled=1;Parent=53995c3f42cd8ad8;Root=\(root)", true),
        ("Root=\(root);Parent=53995c3f42cd8ad8;Sampled=0", false), ("Root=\(root);Parent=53995c3f42cd8ad8", false),
        ("Root=\(root);Parent=53995c3f42cd8ad8;Sampled=?", false),
        ("Self=1-67891234-12456789abcdef012345678a;Root=\(root);Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0", true),
        ("Root=\(root); Parent=53995c3f42cd8ad8; Sampled=1", true),
    ])
    func `a trace of Lambda's is one of W3C, its parent the span that the next hop hangs on`(
        header: String, isSampled: Bool
    ) throws {
        let trace = try #require(TraceContext(xray: header))
        #expect(trace.traceparent == "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-0\(isSampled ? 1 : 0)")
        #expect(trace.xrayRoot == TraceContextTests.root)
    }

    @Test(arguments: ["", ";Parent=", ";Parent=0000000000000000", ";Parent=53995C3F42CD8AD8", ";Parent=53995c3f"])
    func `a trace of Lambda's without a parent gets a span of its own`(parent: String) throws {
        let first = try #require(TraceContext(xray: "Root=\(TraceContextTests.root)\(parent)"))
        let second = try #require(TraceContext(xray: "Root=\(TraceContextTests.root)\(parent)"))
        #expect(first.traceID == second.traceID)
        #expect(first.spanID != second.spanID)
        #expect(first.spanID.count == 16)
    }

    @Test(arguments: [
        "", "Root", "Root=", "root=\(root)", "Parent=53995c3f42cd8ad8", "Self=\(root)", root,
        "Root=2-5759e988-bd862e3fe1be46a994272793", "Root=1-00000000-000000000000000000000000",
        "Root=1-5759e98-8bd862e3fe1be46a994272793", "Root=1-5759e988-bd862e3fe1be46a99427279",
        "Root=1-5759e988-bd862e3fe1be46a9942727931", "Root=1-5759E988-bd862e3fe1be46a994272793",
        "Root=1-5759e988-bd862e3fe1be46a99427279g", "Root=1-5759e988bd862e3fe1be46a994272793", "Root=1--",
    ])
    func `what names no root names no trace`(header: String) { #expect(TraceContext(xray: header) == nil) }
}
