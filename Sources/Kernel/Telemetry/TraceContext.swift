private import Digests
private import JSON

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
    ///
    /// - Parameter spans: decides whether a new trace is recorded; nil leaves that to the services that are asked for it.
    package init(continuing traceparent: String?, for spans: SpanSink? = nil) {
        self = traceparent.flatMap { TraceContext(child: $0) } ?? TraceContext(new: spans)
    }

    private init(new spans: SpanSink?) {
        let traceID = TraceContext.newID(byteCount: 16)
        self.init(
            traceID: traceID, spanID: TraceContext.newID(byteCount: 8), parentSpanID: nil,
            isSampled: spans?.records(traceID: traceID) ?? true)
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
        text += traceID
        text += "-"
        text += spanID
        text += isSampled ? "-01" : "-00"
        return text
    }

    private static let traceparentLength = 55

    /// What each line that belongs to the span carries.
    package var logFields: KeyValuePairs<String, Logger.Value> { ["trace_id": traceID, "span_id": spanID] }

    private static let dash = UInt8(ascii: "-")

    /// The fields stand at fixed places; versions to come may have more behind them.
    private static func parse(_ text: String) -> (traceID: String, spanID: String, isSampled: Bool)? {
        var text = text
        return text.withUTF8 { text in
            guard text.count >= traceparentLength, isLowerHexadecimal(text[0..<2]), isLowerHexadecimal(text[53..<55]),
                isID(text[3..<35]), isID(text[36..<52]),
                let lastFlags = hexadecimalValue(text[54]), text[2] == dash, text[35] == dash, text[52] == dash
            else { return nil }
            let version = text[0..<2]
            guard !version.elementsEqual("ff".utf8),
                text.count == traceparentLength
                    || !version.elementsEqual("00".utf8) && text[traceparentLength] == dash
            else { return nil }
            return (self.text(text[3..<35]), self.text(text[36..<52]), lastFlags & 1 == 1)
        }
    }

    /// Bytes, not characters: to find where those end costs as much as the rest of a small request.
    static func isID(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        isLowerHexadecimal(text) && !isZero(text)
    }

    static func isZero(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        text.allSatisfy { $0 == UInt8(ascii: "0") }
    }

    static func isLowerHexadecimal(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        text.allSatisfy {
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
        }
    }

    static func text(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: bytes), as: UTF8.self)
    }

    static func newID(byteCount: Int) -> String {
        var bytes = RandomReserve.take(byteCount)
        // All zero is not an id.
        bytes[0] |= 1
        return Hex.encode(bytes)
    }
}
