import BlockingTesting
import Concurrency
import Foundation
import JSON
import Testing

@testable import Telemetry

@Suite(.blocking) struct LoggerTests {
    private let lines = Lock<[[UInt8]]>([])

    private func logger(level: Logger.Level = .debug) -> Logger {
        Logger(service: "test", level: level, sink: LogSink { [lines] line in lines.withLock { $0.append(line) } })
    }

    /// The lines as objects; the parser refuses a name that occurs twice.
    private func objects() throws -> [JSONObject] {
        try lines.withLock { $0 }.map { line in
            #expect(line.last == UInt8(ascii: "\n"))
            #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
            return try #require(try JSONParser.parse(line).object)
        }
    }

    @Test func `a line is one object with time, level, service, message and fields`() throws {
        logger().info("made", ["count": 3, "name": "x", "ok": true, "nothing": Int?.none])
        let line = try #require(try objects().first)
        #expect(
            line.members.map(\.name) == ["timestamp", "level", "service", "message", "count", "name", "ok", "nothing"])
        #expect(line["level"] == .string("info"))
        #expect(line["service"] == .string("test"))
        #expect(line["message"] == .string("made"))
        #expect(line["count"] == .integer(3))
        #expect(line["nothing"] == .null)
        let time = try #require(line["timestamp"]?.string.flatMap { Timestamp($0) })
        #expect(abs(time.microsecondsSince1970 - Timestamp.now().microsecondsSince1970) < 60_000_000)
    }

    @Test func `the level may be changed while loggers are in use, for all that have one origin`() throws {
        let origin = logger(level: .info)
        let ofRequest = origin.with("correlation_id", "1")
        let other = logger(level: .info)
        ofRequest.debug("too low")
        origin.setLevel(.debug)
        ofRequest.debug("high enough")
        other.debug("another origin")
        origin.setLevel(.error)
        ofRequest.warning("too low again")
        #expect(try objects().map { $0["message"] } == [.string("high enough")])
        #expect(ofRequest.level == .error)
    }

    @Test func `line breaks and quotes in a value stay within the line`() throws {
        let text = "a\"b\\c\r\n{\"level\":\"error\"}\u{0}\u{2028}"
        logger().error(text, ["x": text])
        let line = try #require(try objects().first)
        #expect(line["message"] == .string(text))
        #expect(line["x"] == .string(text))
        #expect(line["level"] == .string("error"))
    }

    @Test(arguments: Logger.Level.allCases) func `lines below the level are not written`(level: Logger.Level) throws {
        let logger = logger(level: level)
        logger.debug("")
        logger.info("")
        logger.warning("")
        logger.error("")
        let names = try objects().compactMap { $0["level"]?.string }
        #expect(names == Logger.Level.allCases.filter { $0 >= level }.map(\.name))
    }

    @Test func `with adds to the lines of the new logger only`() throws {
        let logger = logger()
        let other = logger.with(["a": 1])
        logger.info("plain")
        other.info("fields", ["b": 2])
        let lines = try objects()
        #expect(lines[0]["a"] == nil)
        #expect(lines[1]["a"] == .integer(1))
        #expect(lines[1]["b"] == .integer(2))
    }

    @Test func `of two fields of one name the later holds`() throws {
        let logger = logger().with(["a": 1, "b": 1]).with(["a": 2])
        logger.info("first")
        logger.info("second", ["a": 3])
        logger.info("third", ["c": 1, "c": 2])
        let lines = try objects()
        #expect(lines.map { $0["a"] } == [.integer(2), .integer(3), .integer(2)])
        #expect(lines.map { $0["b"] } == [.integer(1), .integer(1), .integer(1)])
        #expect(lines[2]["c"] == .integer(2))
    }

    @Test func `the four members of every line cannot be replaced`() throws {
        logger().with(["level": "x", "service": "x"]).info("said", ["message": "x", "timestamp": "x", "a": 1])
        let line = try #require(try objects().first)
        #expect(line.members.map(\.name) == ["timestamp", "level", "service", "message", "a"])
        #expect(line["message"] == .string("said"))
        #expect(line["service"] == .string("test"))
    }

    @Test func `threads do not mix their lines on a descriptor`() throws {
        let pipe = Pipe()
        let sink = LogSink(LogQueue(pipe.fileHandleForWriting.fileDescriptor))
        let logger = Logger(service: "test", sink: sink)
        let text = String(repeating: "x", count: 1000)
        let reader = Lock(Data())
        let reading = try #require(
            Thread.start {
                let data = pipe.fileHandleForReading.readDataToEndOfFile()
                reader.withLock { $0 = data }
            })
        let writers = try (0..<8).map { number in
            try #require(Thread.start { for _ in 0..<50 { logger.info(text, ["writer": number]) } })
        }
        writers.forEach { $0.join() }
        logger.flush(by: .after(milliseconds: 20_000))
        try pipe.fileHandleForWriting.close()
        reading.join()
        let lines = reader.withLock { $0 }.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 400)
        for line in lines { #expect(try JSONParser.parse(Array(line))["message"] == .string(text)) }
    }
}
