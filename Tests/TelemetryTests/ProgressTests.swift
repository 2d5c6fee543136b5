import BlockingTesting
import Concurrency
import ConcurrencyTesting
import Glibc
import JSON
import Testing

@testable import Telemetry

@Suite(.blocking) struct ProgressTests {
    private let lines = Lock<[String]>([])

    private func logger(_ format: LogFormat) -> Logger {
        Logger(
            service: "test", format: format,
            sink: LogSink { [lines] line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } })
    }

    @Test(arguments: [
        (
            ProgressReport(step: "orders", done: 120_000, total: 1_000_000, elapsedMilliseconds: 4000),
            "orders: 120,000 of 1,000,000 (12 %), 30,000/s, 30 s left"
        ),
        (
            ProgressReport(step: "orders", done: 0, total: 1_000_000, elapsedMilliseconds: 0),
            "orders: 0 of 1,000,000 (0 %)"
        ),
        (
            ProgressReport(step: "orders", done: 7, total: 7, elapsedMilliseconds: 1),
            "orders: 7 of 7 (100 %), 7,000/s, 0 s left"
        ),
        (ProgressReport(step: "orders", done: 1, total: 9, elapsedMilliseconds: 90_000), "orders: 1 of 9 (11 %), 0/s"),
        (ProgressReport(step: "m0001_a", elapsedMilliseconds: 3999), "m0001_a: 3 s"),
    ])
    func `a report tells how much is done, how fast, and how long the rest takes`(report: ProgressReport, text: String)
    {
        #expect(report.text == text)
    }

    @Test func `without a terminal the log tells now and then, and nothing of what is done soon`() throws {
        let pace = Progress.Pace(firstMilliseconds: 50, everyMilliseconds: 20)
        Progress.of("orders", total: 10, on: nil, logger(.json), pace: pace) { progress in
            progress.advance(to: 5)
            #expect(comesTrue { lines.withLock { $0.count >= 2 } })
        }
        let line = try JSONParser.parse(Array(try #require(lines.withLock { $0.first }).utf8))
        #expect(line["message"] == .string("in progress") && line["step"] == .string("orders"))
        #expect(line["done"] == .integer(5) && line["total"] == .integer(10))
        #expect((line["elapsed_ms"]?.integer ?? 0) >= 50 && line["seconds_left"] != nil)
        let count = lines.withLock { $0.count }
        Progress.of("orders", on: nil, logger(.json), pace: pace) { _ in }
        Thread.sleep(milliseconds: 100)
        #expect(lines.withLock { $0.count } == count)
    }

    @Test func `a terminal shows one line, which makes way for log lines and is gone at the end`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let logger = logger(.text)
        Progress.of(
            "m0001_\u{1b}[31m" + String(repeating: "x", count: 200), on: ProgressScreen(descriptor: ends[1]), logger,
            pace: Progress.Pace(firstMilliseconds: 0, everyMilliseconds: 10)
        ) { progress in
            #expect(comesTrue { logger.makesWayForLines })
            logger.info("said")
            progress.begin("m0002")
            Thread.sleep(milliseconds: 100)
        }
        logger.info("later")
        close(ends[1])
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = read(ends[0], &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
        let shown = String(decoding: bytes, as: UTF8.self).split(
            separator: "\r\u{1b}[K", omittingEmptySubsequences: false)
        #expect(shown.count > 3 && shown.first == "" && shown.last == "", "\(shown)")
        #expect(shown[1].hasPrefix(#"m0001_\u001b[31mxxx"#) && shown[1].count == 79)
        #expect(shown.contains("m0002: 0 s"))
        #expect(lines.withLock { $0.map { $0.hasPrefix("\r\u{1b}[K") } } == [true, false])
    }
}
