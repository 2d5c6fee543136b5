private import Concurrency

/// Begins the spans of one call, for the sink that wants them.
package struct Tracer: Sendable {
    private let parent: TraceContext
    private let sink: SpanSink

    /// - Returns: nil where nobody wants spans, or the trace's first hop decided that this trace is not to be recorded.
    package init?(_ parent: TraceContext, _ sink: SpanSink?) {
        guard let sink, parent.isSampled else { return nil }
        self.parent = parent
        self.sink = sink
    }

    /// A span that begins now, part of the call's own.
    package func begin() -> RunningSpan {
        RunningSpan(parent.child(), startUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), sink)
    }

    /// The call's own span, which began at `uptimeNanoseconds`.
    package func own(startUptimeNanoseconds: UInt64) -> RunningSpan {
        RunningSpan(parent, startUptimeNanoseconds: startUptimeNanoseconds, sink)
    }
}

/// A span that has not ended. One that is never ended is never seen.
package struct RunningSpan: Sendable {
    package let context: TraceContext
    private let startUptimeNanoseconds: UInt64
    private let sink: SpanSink

    fileprivate init(_ context: TraceContext, startUptimeNanoseconds: UInt64, _ sink: SpanSink) {
        self.context = context
        self.startUptimeNanoseconds = startUptimeNanoseconds
        self.sink = sink
    }

    /// Ends the span, and hands it to the sink.
    ///
    /// - Parameter errorType: the class of the error, of few values; nil for what did not fail.
    package func end(_ name: String, _ kind: Span.Kind, _ attributes: [Span.Attribute], errorType: String? = nil) {
        let durationNanoseconds = Deadline.nowUptimeNanoseconds() - startUptimeNanoseconds
        let start = Timestamp(
            microsecondsSince1970: Timestamp.now().microsecondsSince1970 - Int64(durationNanoseconds / 1000))
        sink.take(
            Span(
                name: name, kind: kind, context: context, start: start, durationNanoseconds: durationNanoseconds,
                attributes: attributes + (errorType.map { [("error.type", .text($0))] } ?? []),
                hasFailed: errorType != nil))
    }
}
