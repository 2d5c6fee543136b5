/// Something that took its time within a trace: a request that was served, one that was sent, a statement.
///
/// Names and attributes are those of OpenTelemetry's semantic conventions, version 1.44
/// (https://opentelemetry.io/docs/specs/semconv/).
package struct Span: Sendable {
    /// Which side of a call it tells of.
    package enum Kind: Sendable {
        case server, client
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

/// Takes each span when it has ended, children before their parents, on the thread that did the work: it must not block.
package typealias SpanSink = @Sendable (Span) -> Void
