private import Glibc
internal import Settings
package import Telemetry

/// In which form a service logs and shows progress.
package struct OutputSettings: Sendable {
    package let logFormat: LogFormat
    /// Nil where progress is told in log lines.
    package let progress: ProgressScreen?

    /// `NO_COLOR` and `TERM` are no settings of the services' own: programs of all kinds obey them.
    ///
    /// - Parameter isTerminal: whether standard output, where the log goes, leads to a terminal.
    init(_ reader: inout EnvironmentReader, isTerminal: Bool = isatty(STDOUT_FILENO) == 1) {
        let chosen = reader.choice(
            "LOG_FORMAT", default: "auto", among: ["auto": LogFormat?.none, "json": .json, "text": .text], or: nil,
            "Form of log lines: json, text, or auto: text on a terminal, in colors unless NO_COLOR is set, and json elsewhere."
        )
        let terminalType = reader.commonVariable("TERM")
        let hasColors =
            isTerminal && terminalType != nil && terminalType != "dumb" && reader.commonVariable("NO_COLOR") == nil
        switch chosen ?? (isTerminal ? .text : .json) {
        case .text: logFormat = hasColors ? .coloredText : .text
        case let format: logFormat = format
        }
        progress = .standardError(terminalType: terminalType)
    }
}
