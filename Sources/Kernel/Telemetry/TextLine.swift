private import JSON

/// A log line for people: time, level and message, and each field as `name=value` with the value in JSON. Whatever the message, the
/// names and the values are, it is one line, and a terminal does nothing but show it.
struct TextLine {
    /// As ECMA-48 has it (SGR), which every terminal of today understands.
    private enum Color: String {
        case faint = "2"
        case red = "1;31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    /// The longest name of a level.
    private static let levelWidth = 5

    private let isColored: Bool
    private var bytes: [UInt8] = []

    static func bytes(
        isColored: Bool, time: Timestamp, _ level: Logger.Level, _ message: String,
        _ fields: [(name: String, value: Logger.Value)]
    ) -> [UInt8] {
        var line = TextLine(isColored: isColored)
        line.append(Array(time.rfc3339.utf8), .faint)
        line.append(Array(" ".utf8))
        line.append(Array(level.lambdaName.utf8), color(level))
        let padding = isColored ? levelWidth - level.lambdaName.utf8.count : 0
        line.append(Array(repeating: UInt8(ascii: " "), count: padding + 1))
        // The JSON form without its quotes: nothing in a message can be taken for a line end.
        line.append(JSONWriter.bytes(of: message).dropFirst().dropLast())
        for field in fields {
            var writer = JSONWriter()
            writer.write(field.value)
            line.append(Array(" \(field.name)=".utf8), .cyan)
            line.append(writer.bytes)
        }
        return line.bytes
    }

    private init(isColored: Bool) { self.isColored = isColored }

    private mutating func append(_ text: some Sequence<UInt8>, _ color: Color? = nil) {
        guard isColored, let color else { return TerminalText.append(text, to: &bytes) }
        bytes += Array("\u{1b}[\(color.rawValue)m".utf8)
        TerminalText.append(text, to: &bytes)
        bytes += Array("\u{1b}[0m".utf8)
    }

    private static func color(_ level: Logger.Level) -> Color {
        switch level {
        case .debug: .faint
        case .info: .green
        case .warning: .yellow
        case .error: .red
        }
    }
}
