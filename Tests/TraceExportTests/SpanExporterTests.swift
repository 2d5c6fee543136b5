import BlockingTesting
import Components
import Concurrency
import ConcurrencyTesting
import JSON
import PythonPrograms
import ScriptedServer
import Telemetry
import Testing

@testable import TraceExport

@Suite(.blocking) struct SpanExporterTests {
    private static let accept: @Sendable (ScriptedConnection, Int) -> Bool = { connection, _ in
        connection.reply("200 OK", body: "{}")
    }

    /// Lends an exporter whose thread runs.
    private func running<T>(
        _ url: String, _ settings: [String: String] = [:], _ body: (ExporterHarness) throws -> T
    ) throws -> T {
        let harness = try ExporterHarness(url, settings)
        try harness.exporter.start(ComponentControl())
        defer { _ = harness.exporter.finish(by: .after(milliseconds: 0)) }
        return try body(harness)
    }

    @Test func `a collector that goes by OpenTelemetry's own definitions reads all that a span tells`() throws {
        let collector = try PythonProgram("otlp-receiver.py")
        defer { collector.end() }
        let url = "http://127.0.0.1:\(try collector.readLine())"
        try running(url, ["OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer%20token"]) { harness in
            let sink = harness.exporter.sink
            let trace = TraceContext(continuing: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            Tracer(trace, sink)?.begin().end("GET", .client, [("server.port", .number(8080))])
            let start = Deadline.nowUptimeNanoseconds() - 5_000_000_000
            Tracer(trace, sink)?.own(startUptimeNanoseconds: start)
                .end("GET /a/{id}", .server, [("url.path", .text("/a/\"ñ\u{1}"))], errorType: "500")
            let child = try JSONParser.parse(Array(try collector.readLine().utf8))
            #expect(child["error"] == nil)
            #expect(child["trace_id"] == .string("0af7651916cd43dd8448eb211c80319c"))
            #expect(child["parent_span_id"] == .string(trace.spanID))
            #expect(child["kind"] == .integer(3))
            #expect(child["status"] == .integer(0))
            #expect(child["attributes"]?["server.port"] == .integer(8080))
            #expect(child["authorization"] == .string("Bearer token"))
            let span = try JSONParser.parse(Array(try collector.readLine().utf8))
            #expect(span["span_id"] == .string(trace.spanID))
            #expect(span["parent_span_id"] == .string("b7ad6b7169203331"))
            #expect(span["kind"] == .integer(2))
            #expect(span["status"] == .integer(2))
            #expect(try #require(span["duration_ns"]?.integer) >= 5_000_000_000)
            #expect(span["attributes"]?["url.path"] == .string("/a/\"ñ\u{1}"))
            #expect(span["attributes"]?["error.type"] == .string("500"))
            let resource = try #require(span["resource"])
            #expect(resource["service.name"] == .string("tests"))
            #expect(resource["service.version"] == .string("1.2.3"))
            #expect(resource["service.instance.id"]?.string?.count == 32)
            #expect(try #require(resource["process.pid"]?.integer) > 0)
            #expect(comesTrue { harness.exported == 2 })
        }
    }

    @Test func `the counters are there before anything is counted, and where nothing is sent`() throws {
        let metrics = Metrics()
        let exporter = SpanExporter.make(
            nil, service: "tests", version: "1", Logger(service: "tests", level: .error), metrics)
        #expect(exporter == nil)
        let text = metrics.prometheusText()
        #expect(text.contains("\nspans_exported_total 0\n"))
        for reason in ["queue_full", "refused", "unreachable", "shutdown"] {
            #expect(text.contains("\nspans_dropped_total{reason=\"\(reason)\"} 0\n"))
        }
    }

    @Test func `a collector that never answers keeps nobody waiting, and what has no place is counted`() throws {
        let collector = try Collector { connection, _ in
            connection.waitForEnd()
            return false
        }
        try running(collector.url, ["OTEL_BSP_MAX_QUEUE_SIZE": "100"]) { harness in
            harness.add("first")
            collector.arrivals.wait { !$0.isEmpty }
            let start = Deadline.nowUptimeNanoseconds()
            for _ in 0..<1000 { harness.add("span") }
            #expect(Deadline.nowUptimeNanoseconds() - start < 500_000_000)
            #expect(harness.dropped("queue_full") == 901)
            #expect(harness.exported == 0)
        }
    }

    @Test func `a batch goes at once when it is whole, and its rest after the delay`() throws {
        let collector = try Collector(Self.accept)
        try running(collector.url, ["OTEL_BSP_SCHEDULE_DELAY": "1000"]) { harness in
            // The first run of the thread finds nothing.
            Thread.sleep(milliseconds: 50)
            for number in 0..<(SpanQueue.batchMax + 1) { harness.add("span-\(number)") }
            #expect(collector.arrivals.wait { $0.count == 2 })
            let arrivals = collector.arrivals.value
            #expect(arrivals.map(\.names.count) == [SpanQueue.batchMax, 1])
            #expect(collector.names == (0...SpanQueue.batchMax).map { "span-\($0)" })
            #expect(arrivals[1].at >= arrivals[0].at.later(milliseconds: 500))
        }
    }

    @Test func `a busy collector is asked again when it says, and nothing is lost`() throws {
        let collector = try Collector { connection, before in
            before == 0
                ? connection.reply("503 Service Unavailable", headers: ["Retry-After: 1"])
                : connection.reply("200 OK", body: "{}")
        }
        try running(collector.url) { harness in
            harness.add("one")
            collector.arrivals.wait { $0.count == 1 }
            harness.add("two")
            #expect(collector.arrivals.wait { $0.count == 2 })
            let arrivals = collector.arrivals.value
            #expect(arrivals[1].at >= arrivals[0].at.later(milliseconds: 1000))
            #expect(arrivals[1].names == ["one", "two"])
            #expect(comesTrue { harness.exported == 2 })
            #expect(comesTrue { harness.messages == ["spans not exported", "spans are exported again"] })
        }
    }

    @Test(arguments: ["400 Bad Request", "401 Unauthorized", "301 Moved Permanently", "500 Internal Server Error"])
    func `what is refused is dropped, and the next is sent`(status: String) throws {
        let collector = try Collector { connection, before in
            connection.reply(before == 0 ? status : "200 OK", body: "{}")
        }
        try running(collector.url) { harness in
            harness.add("refused")
            #expect(comesTrue { harness.dropped("refused") == 1 })
            harness.add("taken")
            #expect(comesTrue { harness.exported == 1 })
            #expect(collector.names == ["refused", "taken"])
        }
    }

    @Test func `spans that a collector says it did not take are not counted as taken`() throws {
        let collector = try Collector { connection, _ in
            connection.reply("200 OK", body: #"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}"#)
        }
        try running(collector.url, ["OTEL_BSP_SCHEDULE_DELAY": "300"]) { harness in
            Thread.sleep(milliseconds: 50)
            harness.add("one", "two", "three")
            #expect(comesTrue { harness.exported == 1 && harness.dropped("refused") == 2 })
        }
    }

    @Test func `one that answers garbage or hangs up is asked again`() throws {
        let collector = try Collector { connection, before in
            switch before {
            case 0: return connection.write("\u{0}\u{1}garbage\r\n\r\n") && false
            case 1: return false
            default: return connection.reply("200 OK", body: "not JSON")
            }
        }
        try running(collector.url) { harness in
            harness.add("one")
            #expect(comesTrue { harness.exported == 1 })
            #expect(collector.names == ["one", "one", "one"])
        }
    }

    @Test func `one that is down is found again, and what never gets there is given up`() throws {
        let gone = try Collector(Self.accept)
        let (url, port) = (gone.url, gone.port)
        gone.stop()
        try running(url) { harness in
            harness.add("kept")
            #expect(comesTrue { harness.messages == ["spans not exported"] })
            let back = try Collector(port: port, Self.accept)
            #expect(comesTrue { harness.exported == 1 })
            #expect(back.names == ["kept"])
        }
        let hopeless = try ExporterHarness(url)
        hopeless.add("lost")
        #expect(
            comesTrue(withinMilliseconds: 60_000) {
                hopeless.exporter.flush(by: .after(milliseconds: 1000))
                return hopeless.dropped("unreachable") == 1
            })
    }

    @Test func `the end sends what waits, and a collector that hangs holds it up for no longer than it may`() throws {
        let collector = try Collector(Self.accept)
        let harness = try ExporterHarness(collector.url, ["OTEL_BSP_SCHEDULE_DELAY": "60000"])
        try harness.exporter.start(ComponentControl())
        Thread.sleep(milliseconds: 50)
        harness.add("last")
        #expect(harness.exporter.finish(by: .after(milliseconds: 5000)))
        #expect(collector.names == ["last"])

        let silent = try Collector { connection, _ in
            connection.waitForEnd()
            return false
        }
        let hanging = try ExporterHarness(silent.url)
        try hanging.exporter.start(ComponentControl())
        hanging.add("never")
        silent.arrivals.wait { !$0.isEmpty }
        let start = Deadline.nowUptimeNanoseconds()
        #expect(hanging.exporter.finish(by: .after(milliseconds: 300)))
        #expect(Deadline.nowUptimeNanoseconds() - start < 2_500_000_000)
        #expect(hanging.dropped("shutdown") == 1)
    }

    @Test func `a flush sends on the thread that asks, and leaves what cannot be sent in its time`() throws {
        let collector = try Collector { connection, before in
            if before == 0 { Thread.sleep(milliseconds: 700) }
            return connection.reply("200 OK", body: "{}")
        }
        let harness = try ExporterHarness(collector.url)
        harness.add("one")
        let start = Deadline.nowUptimeNanoseconds()
        harness.exporter.flush(by: .after(milliseconds: 200))
        #expect(Deadline.nowUptimeNanoseconds() - start < 600_000_000)
        #expect(harness.exported == 0)
        #expect(
            comesTrue {
                harness.exporter.flush(by: .after(milliseconds: 500))
                return harness.exported == 1
            })
    }

    @Test func `a text that a caller made long is cut between characters of UTF-8 or with a sign for it`() throws {
        let sink = Lock<[Span]>([])
        ExporterHarness.record(
            "long", into: SpanSink { span in sink.withLock { $0.append(span) } },
            [("url.path", .text(String(repeating: "ñ", count: 10_000)))])
        let resource = OTLPTraces.Resource(attributes: [], scopeVersion: "1")
        let body = OTLPTraces.body(sink.withLock { $0 }, resource)
        #expect(body.count < OTLPTraces.textBytesMax + 1000)
        #expect((try? JSONParser.parse(body)) != nil)
    }
}
