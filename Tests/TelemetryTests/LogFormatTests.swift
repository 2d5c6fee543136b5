import Concurrency
import JSON
import Telemetry
import Testing

@Suite struct LogFormatTests {
    private let lines = Lock<[String]>([])

    private func logger(_ format: LogFormat) -> Logger {
        Logger(
            service: "test", level: .debug, format: format,
            sink: LogSink { [lines] line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } })
    }

    @Test func `Lambda's form names the levels as Lambda filters them`() throws {
        let logger = logger(.lambdaJSON)
        logger.debug("")
        logger.info("")
        logger.warning("")
        logger.error("")
        let levels = try lines.withLock { $0 }.map { try JSONParser.parse(Array($0.utf8))["level"]?.string }
        #expect(levels == ["DEBUG", "INFO", "WARN", "ERROR"])
    }

    @Test func `text has time, level, message and fields on one line`() throws {
        logger(.text).with("requestId", "r-1").error("line\nbreak \u{1b}[0m \"q\"", ["count": 3, "name": "a\nb"])
        let line = try #require(lines.withLock { $0.first })
        let parts = line.split(separator: " ", maxSplits: 1)
        #expect(Timestamp(parts[0]) != nil)
        #expect(
            parts[1] == #"ERROR line\nbreak \u001b[0m \"q\" requestId="r-1" count=3 name="a\nb""# + "\n")
    }

    /// A title, a color by C1, a reversed text, line separators: what one terminal or other acts on.
    private static let attack = "\u{1b}]0;x\u{7}\u{9b}31m\u{85}\u{7f}\u{202e}\u{2066}\u{61c}\u{2028}é\u{1F600}"
    private static let attackShown = #"\u001b]0;x\u0007\u009b31m\u0085\u007f\u202e\u2066\u061c\u2028é😀"#

    @Test func `text never holds what a terminal acts on, wherever it comes from`() throws {
        let attack = Self.attack
        logger(.text).info(attack, [attack: attack, "nested": JSONObject([("a", .array([.string(attack)]))])])
        let line = try #require(lines.withLock { $0.first })
        let shown = Self.attackShown
        #expect(line.dropFirst(28) == #"INFO \#(shown) \#(shown)="\#(shown)" nested={"a":["\#(shown)"]}"# + "\n")
    }

    @Test func `colors are the logger's own, and end before what others wrote`() throws {
        let logger = logger(.coloredText)
        logger.debug(Self.attack, ["a": 1])
        logger.error("m")
        logger.audit(["who": "ana"])
        let lines = lines.withLock { $0 }
        #expect(
            lines[0].hasSuffix(
                "\u{1b}[0m \u{1b}[2mDEBUG\u{1b}[0m \(Self.attackShown)\u{1b}[36m a=\u{1b}[0m1\n"))
        #expect(lines[1].hasPrefix("\u{1b}[2m2") && lines[1].hasSuffix("Z\u{1b}[0m \u{1b}[1;31mERROR\u{1b}[0m m\n"))
        #expect(lines[2].hasSuffix(" \u{1b}[32mINFO\u{1b}[0m  audit\u{1b}[36m who=\u{1b}[0m\"ana\"\n"))
    }

    @Test(arguments: [
        ("TRACE", Logger.Level.debug), ("debug", .debug), ("Info", .info), ("WARN", .warning), ("error", .error),
        ("FATAL", .error),
    ])
    func `Lambda's names of levels are read in any case`(name: String, level: Logger.Level) {
        #expect(Logger.Level(lambdaName: name) == level)
    }

    @Test func `a level that Lambda has not is none`() {
        #expect(Logger.Level(lambdaName: "loud") == nil)
    }
}
