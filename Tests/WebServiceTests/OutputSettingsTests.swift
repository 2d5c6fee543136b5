import Settings
import Telemetry
import Testing

@testable import WebService

@Suite struct OutputSettingsTests {
    private func format(_ values: [String: String], isTerminal: Bool) throws -> LogFormat {
        var reader = EnvironmentReader(values)
        let format = OutputSettings(&reader, isTerminal: isTerminal).logFormat
        try reader.finish()
        return format
    }

    @Test(arguments: [
        ([:], LogFormat.text, LogFormat.json), (["TERM": "xterm"], .coloredText, .json),
        (["TERM": "dumb"], .text, .json), (["TERM": "xterm", "NO_COLOR": "1"], .text, .json),
        (["TERM": "xterm", "NO_COLOR": ""], .coloredText, .json),
        (["TERM": "xterm", "LOG_FORMAT": "auto"], .coloredText, .json),
        (["TERM": "xterm", "LOG_FORMAT": "JSON"], .json, .json),
        (["TERM": "xterm", "LOG_FORMAT": "text"], .coloredText, .text),
        (["TERM": "xterm", "LOG_FORMAT": "text", "NO_COLOR": "yes"], .text, .text),
    ])
    func `people get text, in colors where they can be shown and are wanted, and programs JSON`(
        values: [String: String], onTerminal: LogFormat, elsewhere: LogFormat
    ) throws {
        #expect(try format(values, isTerminal: true) == onTerminal)
        #expect(try format(values, isTerminal: false) == elsewhere)
    }

    @Test func `other forms are refused`() {
        #expect(throws: ConfigurationError.self) { try format(["LOG_FORMAT": "xml"], isTerminal: true) }
    }

    @Test func `what programs of all kinds obey is no setting of this one`() {
        var reader = EnvironmentReader(["TERM": "xterm", "NO_COLOR": "1"])
        _ = OutputSettings(&reader, isTerminal: true)
        #expect(reader.variables.map(\.name) == ["LOG_FORMAT"])
    }
}
