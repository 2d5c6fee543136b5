private import Digests

/// Where a request stands in a distributed trace (W3C Trace Context, `traceparent` version 00).
package struct TraceContext: Sendable, Equatable {
    /// 32 lower-case hexadecimal digits, not all zero; the same in every hop.
    package let traceID: String
    /// 16 lower-case hexadecimal digits, not all zero; this hop's own.
    package let spanID: String
    /// The span of which this hop's is a part; nil for a trace's first, and where nobody told.
    package let parentSpanID: String?
    package let isSampled: Bool
    /// Whether X-Ray records the span under this id, so that another recorder needs one of its own.
    package let isRecordedByXRay: Bool

    /// The trace that a caller's `traceparent` names, with a span of our own in it; a new trace where there is none or it
    /// is malformed, as the specification asks (section 3.2).
    package init(continuing traceparent: String?) {
        self =
            traceparent.flatMap { TraceContext(child: $0) }
            ?? TraceContext(
                traceID: TraceContext.newID(byteCount: 16), spanID: TraceContext.newID(byteCount: 8),
                parentSpanID: nil, isSampled: true)
    }

    /// A span of our own in the trace that a `traceparent` names; nil where it is malformed.
    package init?(child traceparent: String) {
        guard let parent = TraceContext.parse(traceparent) else { return nil }
        self.init(
            traceID: parent.traceID, spanID: TraceContext.newID(byteCount: 8), parentSpanID: parent.spanID,
            isSampled: parent.isSampled)
    }

    init(
        traceID: String, spanID: String, parentSpanID: String?, isSampled: Bool, isRecordedByXRay: Bool = false
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.parentSpanID = parentSpanID
        self.isSampled = isSampled
        self.isRecordedByXRay = isRecordedByXRay
    }

    /// A new span, part of this one.
    package func child() -> TraceContext {
        TraceContext(
            traceID: traceID, spanID: TraceContext.newID(byteCount: 8), parentSpanID: spanID, isSampled: isSampled)
    }

    /// The header to send on, or back.
    package var traceparent: String {
        var text = "00-"
        text.reserveCapacity(TraceContext.traceparentLength)
        for part in [traceID, "-", spanID, isSampled ? "-01" : "-00"] { text += part }
        return text
    }

    private static let traceparentLength = 55

    /// What each line that belongs to the span carries.
    package var logFields: KeyValuePairs<String, Logger.Value> { ["trace_id": traceID, "span_id": spanID] }

    private static func parse(_ text: String) -> (traceID: String, spanID: String, isSampled: Bool)? {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count >= 4, isLowerHexadecimal(parts[0], count: 2), !parts[0].elementsEqual("ff".utf8),
            !parts[0].elementsEqual("00".utf8) || parts.count == 4, isID(parts[1], count: 32),
            isID(parts[2], count: 16),
            isLowerHexadecimal(parts[3], count: 2), let flags = UInt8(Substring(parts[3]), radix: 16)
        else { return nil }
        return (String(Substring(parts[1])), String(Substring(parts[2])), flags & 1 == 1)
    }

    /// Bytes, not characters: to find where those end costs as much as the rest of a small request.
    static func isID(_ text: Substring.UTF8View, count: Int) -> Bool {
        isLowerHexadecimal(text, count: count) && text.contains { $0 != UInt8(ascii: "0") }
    }

    private static func isLowerHexadecimal(_ text: Substring.UTF8View, count: Int) -> Bool {
        text.count == count
            && text.allSatisfy {
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
            }
    }

    static func newID(byteCount: Int) -> String {
        var bytes = RandomReserve.take(byteCount)
        // All zero is not an id.
        bytes[0] |= 1
        return Hex.encode(bytes)
    }
}
