/// Something that took its time within a trace: a request that was served, one that was sent, a statement.
///
/// Names and attributes are those of OpenTelemetry's semantic conventions, version 1.44
/// (https://opentelemetry.io/docs/specs/semconv/).
package struct Span: Sendable {
    /// Which side of a call it tells of.
    package enum Kind: Sendable {
        case server, client
        /// Neither: work that a process does by itself.
        case `internal`
    }

    package enum Value: Sendable, Hashable {
        case text(String)
        case number(Int)
    }

    package typealias Attribute = (name: String, value: Value)

    /// Of few values: ids and texts stand in the attributes.
    package let name: String
    package let kind: Kind
    /// Its trace, its own id and its parent's.
    package let context: TraceContext
    package let start: Timestamp
    package let durationNanoseconds: UInt64
    package let attributes: [Attribute]
    /// Whether what it tells of failed: `error.type` is among the attributes then.
    package let hasFailed: Bool

    /// The attribute of that name.
    package subscript(name: String) -> Value? { attributes.first { $0.name == name }?.value }
}

/// Who wants spans.
package struct SpanSink: Sendable {
    /// Takes each span when it has ended, children before their parents, on the thread that did the work: it must not block.
    package let take: @Sendable (Span) -> Void
    /// The part of the traces that begin in this process which are recorded, by the last 56 bits of their ids. A trace that came
    /// in is recorded if its first hop said so.
    private let recordedBelow: UInt64

    /// - Parameter ratio: of the traces that begin here, those that are recorded: 0 for none, 1 for all.
    package init(ratio: Double = 1, take: @escaping @Sendable (Span) -> Void) {
        self.take = take
        recordedBelow = UInt64(min(max(ratio, 0), 1) * Double(SpanSink.drawn))
    }

    private static let drawn: UInt64 = 1 << 56

    /// Whether a trace is recorded that begins here; the same in every process with the same ratio.
    func records(traceID: String) -> Bool {
        recordedBelow == SpanSink.drawn || UInt64(traceID.suffix(14), radix: 16).map { $0 < recordedBelow } ?? false
    }
}
