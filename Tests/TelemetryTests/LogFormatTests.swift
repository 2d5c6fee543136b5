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
