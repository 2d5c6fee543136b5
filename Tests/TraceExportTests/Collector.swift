import Concurrency
import ConcurrencyTesting
import HTTPMessages
import JSON
import ScriptedServer
import Settings
import Telemetry
import Testing

@testable import TraceExport

/// A collector that answers as a test says, and keeps the names of the spans that it was sent.
final class Collector: Sendable {
    struct Arrival: Sendable {
        let names: [String]
        let at: Deadline
    }

    let arrivals = Observed<[Arrival]>([])
    private let server: ScriptedServer

    /// - Parameter answer: given how many requests came before; false closes the connection.
    init(port: UInt16 = 0, _ answer: @escaping @Sendable (ScriptedConnection, Int) -> Bool) throws {
        let arrivals = arrivals
        server = try ScriptedServer(port: port) { connection in
            while let request = connection.readRequest() {
                let before = Observed(0)
                let arrival = Arrival(names: Collector.names(request.body), at: .after(milliseconds: 0))
                arrivals.change { all in
                    before.change { $0 = all.count }
                    all.append(arrival)
                }
                guard answer(connection, before.value) else { return }
            }
        }
    }

    deinit { server.stop() }

    var port: UInt16 { server.port }
    var url: String { server.url }
    var names: [String] { arrivals.value.flatMap(\.names) }

    func stop() { server.stop() }

    private static func names(_ body: [UInt8]) -> [String] {
        let scope = (try? JSONParser.parse(body))?["resourceSpans"]?.array?.first?["scopeSpans"]?.array?.first
        return scope?["spans"]?.array?.compactMap { $0["name"]?.string } ?? []
    }
}

/// An exporter as a service would have it, and what it counted and logged.
final class ExporterHarness: Sendable {
    let exporter: SpanExporter
    private let metrics = Metrics()
    private let lines = Lock<[[UInt8]]>([])

    init(_ url: String, _ settings: [String: String] = [:]) throws {
        let defaults = ["OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "10"]
        var reader = EnvironmentReader(defaults.merging(settings) { $1 })
        let read = TraceExportSettings(&reader)
        try reader.finish()
        let logger = Logger(service: "tests", sink: LogSink { [lines] line in lines.withLock { $0.append(line) } })
        exporter = try #require(
            SpanExporter.make(read, service: "tests", version: "1.2.3", logger, metrics))
    }

    func add(_ names: String...) {
        for name in names { Self.record(name, into: exporter.sink) }
    }

    static func record(_ name: String, into sink: SpanSink, _ attributes: [Span.Attribute] = [], failing: Bool = false)
    {
        Tracer(TraceContext(continuing: nil, for: sink), sink)?.begin()
            .end(name, .internal, attributes, errorType: failing ? "failed" : nil)
    }

    /// A counter as a scrape shows it.
    func count(_ series: String) -> Int? {
        metrics.prometheusText().split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { Int($0.dropFirst(series.count + 1)) }
    }

    func dropped(_ reason: String) -> Int? { count("spans_dropped_total{reason=\"\(reason)\"}") }
    var exported: Int? { count("spans_exported_total") }

    var messages: [String] {
        lines.withLock { $0 }.compactMap { (try? JSONParser.parse($0))?["message"]?.string }
    }
}
