internal import JSON
internal import Telemetry

/// Spans in OTLP/JSON: ids in hexadecimal digits, enumerations as numbers, 64-bit integers as strings.
///
/// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
enum OTLPTraces {
    /// 4 KiB of a text: a statement or a URL of this product is shorter, and what a caller made longer says no more.
    static let textBytesMax = 4096

    /// What an `ExportTraceServiceRequest` says of the process that sends it.
    struct Resource: Sendable {
        let attributes: [Span.Attribute]
        let scopeVersion: String
    }

    /// The scope of all spans: this product's own instrumentation.
    private static let scopeName = "orchestrator"
    private static let bytesEach = 700

    /// The bytes of an `ExportTraceServiceRequest`.
    static func body(_ spans: [Span], _ resource: Resource) -> [UInt8] {
        JSONWriter.object(reserving: spans.count * bytesEach) { writer in
            writer.member(
                "resourceSpans",
                array: { writer in
                    writer.object { writer in
                        writer.member("resource", object: { $0.attributes(resource.attributes) })
                        writer.member(
                            "scopeSpans",
                            array: { writer in
                                writer.object { writer in
                                    writer.member(
                                        "scope",
                                        object: { writer in
                                            writer.member("name", scopeName)
                                            writer.member("version", resource.scopeVersion)
                                        })
                                    writer.member(
                                        "spans",
                                        array: { writer in
                                            for span in spans { writer.object { write(span, to: &$0) } }
                                        })
                                }
                            })
                    }
                })
        }
    }

    private static func write(_ span: Span, to writer: inout JSONWriter) {
        let start = span.start.microsecondsSince1970 * 1000
        writer.member("traceId", span.context.traceID)
        writer.member("spanId", span.context.spanID)
        if let parent = span.context.parentSpanID { writer.member("parentSpanId", parent) }
        writer.member("flags", 1)
        writer.member("name", span.name)
        writer.member("kind", kind(span.kind))
        writer.member("startTimeUnixNano", String(start))
        writer.member("endTimeUnixNano", String(start + Int64(clamping: span.durationNanoseconds)))
        writer.attributes(span.attributes)
        // STATUS_CODE_ERROR; what has not failed is left unset, as the conventions ask.
        if span.hasFailed { writer.member("status", object: { $0.member("code", 2) }) }
    }

    private static func kind(_ kind: Span.Kind) -> Int {
        switch kind {
        case .internal: 1
        case .server: 2
        case .client: 3
        }
    }

    /// How many of `count` spans a collector says in its reply that it would not have.
    static func rejectedCount(_ reply: [UInt8], of count: Int) -> Int {
        guard let rejected = (try? JSONParser.parse(reply))?["partialSuccess"]?["rejectedSpans"] else { return 0 }
        let number = rejected.integer ?? rejected.string.flatMap { Int64($0) } ?? 0
        return Int(min(max(number, 0), Int64(count)))
    }
}

extension JSONWriter {
    fileprivate mutating func attributes(_ attributes: [Span.Attribute]) {
        member(
            "attributes",
            array: { writer in
                for attribute in attributes {
                    writer.object { writer in
                        writer.member("key", attribute.name)
                        writer.member(
                            "value",
                            object: { writer in
                                switch attribute.value {
                                case .text(let text): writer.member("stringValue", shortened(text))
                                case .number(let number): writer.member("intValue", String(number))
                                }
                            })
                    }
                }
            })
    }
}

private func shortened(_ text: String) -> String {
    guard text.utf8.count > OTLPTraces.textBytesMax else { return text }
    return String(decoding: text.utf8.prefix(OTLPTraces.textBytesMax), as: UTF8.self)
}
