package import Concurrency
package import JSON

/// Writes one JSON object a line, or text where people read, in which no name occurs twice: of two fields of one name the later holds, and
/// a field named as one of the four that every line has is left out.
///
/// A logger is a value: what every line of a request must carry (correlation id, trace id) is added with `with` and the
/// result handed down explicitly, so that no line can miss it and no task-local is read behind anybody's back.
public struct Logger: Sendable {
    package typealias Value = any JSONEncodable & Sendable

    /// How much a line matters.
    public enum Level: Int, Sendable, Comparable, CaseIterable {
        case debug, info, warning, error

        /// The level that Lambda calls `name`, in any case; nil for a name that it has not.
        package init?(lambdaName name: String) {
            switch name.lowercased() {
            case "trace", "debug": self = .debug
            case "info": self = .info
            case "warn", "warning": self = .warning
            case "error", "fatal": self = .error
            default: return nil
            }
        }

        /// The name that Lambda filters by.
        var lambdaName: String { self == .warning ? "WARN" : name.uppercased() }

        /// The names that configuration accepts and lines carry.
        package var name: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }

        /// Whether `left` matters less.
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// The lowest level that is written.
    package var level: Level { threshold.level }

    private let threshold: LogThreshold
    private let progressLine = ProgressLine()
    private let service: String
    private let format: LogFormat
    private let sink: LogSink
    private var fields: LogFields?

    package init(
        service: String, level: Level = .info, format: LogFormat = .json, sink: LogSink = .standardOutput
    ) {
        self.service = service
        threshold = LogThreshold(level)
        self.format = format
        self.sink = sink
    }

    /// Writes to standard output.
    ///
    /// - Parameters:
    ///   - service: what every line names as its origin.
    ///   - level: the lowest that is written.
    public init(service: String, level: Level = .info, format: LogFormat = .json) {
        self.init(service: service, level: level, format: format, sink: .standardOutput)
    }

    /// This logger with a field that all its lines carry; a field of the same name is replaced.
    public func with(_ name: String, _ value: String) -> Logger { with([name: value]) }

    /// Writes a line of this level.
    public func debug(_ message: String) { log(.debug, message, [:]) }
    /// Writes a line of this level.
    public func info(_ message: String) { log(.info, message, [:]) }
    /// Writes a line of this level.
    public func warning(_ message: String) { log(.warning, message, [:]) }
    /// Writes a line of this level.
    public func error(_ message: String) { log(.error, message, [:]) }

    /// Waits until what was logged so far is written or given up: for where the process may be ended or frozen next.
    ///
    /// - Returns: false when `deadline` comes first.
    @discardableResult
    package func flush(by deadline: Deadline) -> Bool { sink.flush(by: deadline) }

    /// Changes the lowest level that is written, for this logger and all that were made of it or that it was made of.
    package func setLevel(_ level: Level) { threshold.level = level }

    /// Lines that were logged and never written.
    package var droppedLines: UInt64 { sink.dropped }

    /// This logger with fields that all its lines carry; a field of the same name is replaced.
    package func with(_ fields: KeyValuePairs<String, Value>) -> Logger {
        var logger = self
        logger.fields = LogFields(fields, after: self.fields)
        return logger
    }

    package func debug(_ message: String, _ fields: KeyValuePairs<String, Value>) {
        log(.debug, message, fields)
    }
    package func info(_ message: String, _ fields: KeyValuePairs<String, Value>) {
        log(.info, message, fields)
    }
    package func warning(_ message: String, _ fields: KeyValuePairs<String, Value>) {
        log(.warning, message, fields)
    }
    package func error(_ message: String, _ fields: KeyValuePairs<String, Value>) {
        log(.error, message, fields)
    }

    /// Writes the line `audit`, whatever the lowest level is. Where nobody reads the log, it is dropped later than other lines.
    ///
    /// - Parameter fields: those without a value are left out.
    package func audit(_ fields: KeyValuePairs<String, Value?>) {
        let fields = fields.compactMap { field in field.value.map { (field.key, $0) } }
        sink.writeFromReserve(line(.info, "audit", fields))
    }

    /// As `info`, with fields that are found out.
    func info(_ message: String, _ fields: [(String, Value)]) {
        guard Level.info >= threshold.level else { return }
        sink.write(line(.info, message, fields.map { (key: $0.0, value: $0.1) }))
    }

    /// Whether the terminal shows a line of progress, which is erased before a line of text is written.
    var makesWayForLines: Bool {
        get { progressLine.isShown }
        nonmutating set { progressLine.isShown = newValue }
    }

    /// Writes a line of a level that is found out.
    package func log(_ level: Level, _ message: String, _ extra: KeyValuePairs<String, Value>) {
        guard level >= threshold.level else { return }
        sink.write(line(level, message, extra))
    }

    private func line(
        _ level: Level, _ message: String, _ extra: some Sequence<(key: String, value: Value)>
    ) -> [UInt8] {
        var fields: [(name: String, value: Value)] = []
        fields.reserveCapacity(Logger.ordinaryFieldCount)
        self.fields?.add(to: &fields)
        LogFields.add(extra, to: &fields)
        var line =
            switch format {
            case .json, .lambdaJSON: jsonLine(level, message, fields)
            case .text, .coloredText: textLine(level, message, fields)
            }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// The line of a request has nine.
    private static let ordinaryFieldCount = 12

    private func jsonLine(_ level: Level, _ message: String, _ fields: [(name: String, value: Value)]) -> [UInt8] {
        JSONWriter.object { writer in
            writer.member("timestamp", Timestamp.now().rfc3339)
            writer.member("level", format == .lambdaJSON ? level.lambdaName : level.name)
            writer.member("service", service)
            writer.member("message", message)
            for field in fields { writer.member(field.name, field.value) }
        }
    }

    private func textLine(_ level: Level, _ message: String, _ fields: [(name: String, value: Value)]) -> [UInt8] {
        (progressLine.isShown ? ProgressLine.erasure : [])
            + TextLine.bytes(isColored: format == .coloredText, time: .now(), level, message, fields)
    }
}
