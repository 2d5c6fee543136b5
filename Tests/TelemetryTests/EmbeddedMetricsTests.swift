import Concurrency
import JSON
import Telemetry
import Testing

@testable import Telemetry

@Suite struct EmbeddedMetricsTests {
    private static let durations = Metrics.Definition(
        "request_duration_seconds", "Time.", .histogram(buckets: [1]), labels: ["operation", "error_type"])
    private static let calls = Metrics.Definition(
        "calls_total", "Calls.", .counter, labels: ["operation", "error_type"])
    private static let plain = Metrics.Definition("things_total", "Things.", .counter)

    private let embedded = EmbeddedMetrics(namespace: "Shop", service: "orchestrator")
    private var metrics: Metrics { Metrics(embedded: embedded) }

    private func lines() throws -> [JSONValue] {
        try embedded.takeLines(at: Timestamp(microsecondsSince1970: 1_700_000_000_123_456)).map { line in
            #expect(line.last == UInt8(ascii: "\n") && line.count { $0 == UInt8(ascii: "\n") } == 1)
            return try JSONParser.parse(Array(line.dropLast()))
        }
    }

    @Test func `what was measured since the last lines is in one line for each set of labels`() throws {
        let metrics = metrics
        metrics.observe(Self.durations, ["order", ""], value: 0.25)
        metrics.increment(Self.calls, ["order", ""])
        metrics.increment(Self.calls, ["order", ""])
        metrics.increment(Self.calls, ["order", "timeout"])
        metrics.increment(Self.plain)
        let lines = try lines()
        #expect(lines.count == 3)
        let first = try #require(lines.first)
        #expect(
            String(decoding: JSONWriter.bytes(of: first), as: UTF8.self)
                == #"{"_aws":{"Timestamp":1700000000123,"CloudWatchMetrics":[{"Namespace":"Shop","Dimensions":[["service","operation"]],"#
                + #""Metrics":[{"Name":"request_duration_seconds","Unit":"Seconds"},{"Name":"calls_total","Unit":"Count"}]}]},"#
                + #""service":"orchestrator","operation":"order","request_duration_seconds":0.25,"calls_total":2}"#)
        #expect(lines[1]["error_type"] == .string("timeout"))
        #expect(try self.lines().isEmpty)
        metrics.increment(Self.plain)
        #expect(try self.lines().first?["things_total"] == .integer(1))
    }

    @Test func `no line has more values or metrics than CloudWatch takes`() throws {
        let metrics = metrics
        for number in 0..<250 { metrics.observe(Self.durations, ["order", ""], value: Double(number)) }
        for number in 0..<150 {
            metrics.increment(Metrics.Definition("metric_\(number)_total", "M.", .counter))
        }
        let lines = try lines()
        let values = lines.compactMap { $0["request_duration_seconds"]?.array?.count }
        #expect(values == [100, 100, 50])
        for line in lines {
            let directive = try #require(line["_aws"]?["CloudWatchMetrics"]?.array?.first)
            let names = try #require(directive["Metrics"]?.array)
            #expect(names.count <= 100)
            #expect(names.allSatisfy { $0["Name"]?.string.map { line[$0] != nil } == true })
            let dimensions = try #require(directive["Dimensions"]?.array?.first?.array)
            #expect(dimensions.count <= 30 && dimensions.allSatisfy { line[$0.string ?? ""]?.string?.isEmpty == false })
        }
        #expect(
            lines.compactMap { $0["_aws"]?["CloudWatchMetrics"]?.array?.first?["Metrics"]?.array?.count }.reduce(0, +)
                == 153)
    }

    @Test func `what is never taken is dropped and counted`() throws {
        let metrics = metrics
        for number in 0..<(EmbeddedMetrics.measurementsMax + 5) {
            metrics.observe(Self.durations, ["order", ""], value: Double(number))
        }
        let dropped = try lines().compactMap { $0["measurements_dropped_total"] }
        #expect(dropped == [.integer(5)])
    }
}
