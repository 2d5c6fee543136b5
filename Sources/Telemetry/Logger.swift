package import JSON

/// Writes one JSON object a line, in which no name occurs twice: of two fields of one name the later holds, and a field
/// named as one of the four that every line has is left out.
///
/// A logger is a value: what every line of a request must carry (correlation id, trace id) is added with `with` and the
/// result handed down explicitly, so that no line can miss it and no task-local is read behind anybody's back.
package struct Logger: Sendable {
    package typealias Value = any JSONEncodable & Sendable

    package enum Level: Int, Sendable, Comparable, CaseIterable {
        case debug, info, warning, error

        /// The names that configuration accepts and lines carry.
        package var name: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    package let level: Level
    private let service: String
    private let sink: LogSink
    private var fields: [(name: String, value: Value)] = []

    package init(service: String, level: Level = .info, sink: LogSink = .standardOutput) {
        self.service = service
        self.level = level
        self.sink = sink
    }

    /// This logger with fields that all its lines carry; a field of the same name is replaced.
    package func with(_ fields: KeyValuePairs<String, Value>) -> Logger {
        var logger = self
        logger.fields = Logger.merged(self.fields, fields)
        return logger
    }

    package func debug(_ message: String, _ fields: KeyValuePairs<String, Value> = [:]) {
        log(.debug, message, fields)
    }
    package func info(_ message: String, _ fields: KeyValuePairs<String, Value> = [:]) {
        log(.info, message, fields)
    }
    package func warning(_ message: String, _ fields: KeyValuePairs<String, Value> = [:]) {
        log(.warning, message, fields)
    }
    package func error(_ message: String, _ fields: KeyValuePairs<String, Value> = [:]) {
        log(.error, message, fields)
    }

    private func log(_ level: Level, _ message: String, _ extra: KeyValuePairs<String, Value>) {
        guard level >= self.level else { return }
        var line = JSONWriter.object { writer in
            writer.member("timestamp", Timestamp.now().rfc3339)
            writer.member("level", level.name)
            writer.member("service", service)
            writer.member("message", message)
            for field in Logger.merged(fields, extra) { writer.member(field.name, field.value) }
        }
        line.append(UInt8(ascii: "\n"))
        sink.write(line)
    }

    private static func merged(
        _ present: [(name: String, value: Value)], _ added: KeyValuePairs<String, Value>
    ) -> [(name: String, value: Value)] {
        var fields = present
        for (name, value) in added where !["timestamp", "level", "service", "message"].contains(name) {
            fields.removeAll { $0.name == name }
            fields.append((name, value))
        }
        return fields
    }
}
