import BlockingTesting
import Concurrency
import Telemetry
import Testing

@Suite(.blocking) struct MetricsTests {
    private static let requests = Metrics.Definition(
        "requests_total", "Requests.", .counter, labels: ["operation", "status"])
    private static let durations = Metrics.Definition(
        "duration_seconds", "Durations.", .histogram(buckets: [0.1, 0.5, 1]), labels: ["operation"])

    /// What stands below the help of one metric.
    private func lines(_ name: String, of metrics: Metrics) -> [String] {
        metrics.prometheusText().split(separator: "\n").map { String($0) }.filter { $0.hasPrefix(name) }
    }

    @Test func `nothing measured is a text with the counter of what was left out`() {
        #expect(
            Metrics().prometheusText() == """
                # HELP metrics_series_dropped_total Measurements left out because their metric had too many series.
                # TYPE metrics_series_dropped_total counter
                metrics_series_dropped_total 0

                """)
    }

    @Test func `a counter has a line for each combination of labels, sorted`() {
        let metrics = Metrics()
        metrics.increment(MetricsTests.requests, ["list", "200"])
        metrics.increment(MetricsTests.requests, ["get", "404"])
        metrics.increment(MetricsTests.requests, ["list", "200"])
        let text = metrics.prometheusText()
        #expect(
            text.hasPrefix(
                """
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{operation="get",status="404"} 1
                requests_total{operation="list",status="200"} 2

                """))
    }

    @Test func `what is declared is there at zero, whoever declares it again`() {
        let metrics = Metrics()
        metrics.declare(MetricsTests.requests, [["list", "200"], ["get", "200"]])
        metrics.increment(MetricsTests.requests, ["get", "200"], by: 3)
        metrics.declare(MetricsTests.requests, [["get", "200"], ["get", "404"]])
        metrics.increment(MetricsTests.requests, ["list", "200"], by: 0)
        #expect(
            lines("requests_total", of: metrics) == [
                #"requests_total{operation="get",status="200"} 3"#,
                #"requests_total{operation="get",status="404"} 0"#,
                #"requests_total{operation="list",status="200"} 0"#,
            ])
        metrics.declare(MetricsTests.durations, [["get"]])
        #expect(
            lines("duration_seconds", of: metrics) == [
                #"duration_seconds_bucket{operation="get",le="0.1"} 0"#,
                #"duration_seconds_bucket{operation="get",le="0.5"} 0"#,
                #"duration_seconds_bucket{operation="get",le="1.0"} 0"#,
                #"duration_seconds_bucket{operation="get",le="+Inf"} 0"#,
                #"duration_seconds_sum{operation="get"} 0.0"#, #"duration_seconds_count{operation="get"} 0"#,
            ])
    }

    @Test func `numbers of one name from several places have one head`() {
        let metrics = Metrics()
        for name in ["a", "b"] { metrics.gauge("lag", "Lag.", labels: ["consumer": name]) { 1 } }
        let text = metrics.prometheusText()
        #expect(text.contains("# TYPE lag gauge\nlag{consumer=\"a\"} 1.0\nlag{consumer=\"b\"} 1.0\n"))
        #expect(text.split(separator: "\n").filter { $0 == "# HELP lag Lag." }.count == 1)
    }

    @Test func `a process shows what it takes`() throws {
        let metrics = Metrics()
        ProcessMetrics.register(in: metrics)
        func value(_ name: String) throws -> Double {
            try #require(lines("\(name) ", of: metrics).first?.split(separator: " ").last.flatMap { Double($0) })
        }
        let now = Double(Timestamp.now().microsecondsSince1970) / 1_000_000
        #expect(try (0...86_400).contains(now - value("process_start_time_seconds")))
        #expect(try value("process_resident_memory_bytes") > 1_000_000)
        #expect(try (1...10_000).contains(value("process_threads")))
        #expect(try (3...value("process_max_fds")).contains(value("process_open_fds")))
        let before = try value("process_cpu_seconds_total")
        var sum = 0.0
        for number in 0..<3_000_000 { sum += Double(number).squareRoot() }
        #expect(try value("process_cpu_seconds_total") > before, "\(sum)")
    }

    @Test func `a sweep shows how its runs ended, and when the last one succeeded`() throws {
        let metrics = Metrics()
        let runs = SweepMetrics("old-things", metrics)
        #expect(lines("sweep", of: metrics) == [])
        runs.register()
        #expect(lines("sweep_last_success_timestamp_seconds", of: metrics).first?.hasSuffix(" 0.0") == true)
        runs.noteFailure()
        #expect(lines("sweep_last_success_timestamp_seconds", of: metrics).first?.hasSuffix(" 0.0") == true)
        runs.noteSuccess()
        #expect(
            lines("sweep_runs_total", of: metrics) == [
                #"sweep_runs_total{sweep="old-things",outcome="failure"} 1"#,
                #"sweep_runs_total{sweep="old-things",outcome="success"} 1"#,
            ])
        let last = lines("sweep_last_success_timestamp_seconds", of: metrics).first?.split(separator: " ").last
        let seconds = try #require(last.flatMap { Double($0) })
        #expect(abs(seconds - Double(Timestamp.now().microsecondsSince1970) / 1_000_000) < 60)
    }

    @Test func `a counter without labels has no braces`() {
        let metrics = Metrics()
        metrics.increment(Metrics.Definition("plain_total", "Plain.", .counter))
        #expect(lines("plain_total", of: metrics) == ["plain_total 1"])
    }

    @Test func `the buckets of a histogram are cumulative and their bounds inclusive`() {
        let metrics = Metrics()
        for value in [0.0625, 0.1, 0.25, 0.5, 2, 100] { metrics.observe(MetricsTests.durations, ["get"], value: value) }
        #expect(
            lines("duration_seconds", of: metrics) == [
                #"duration_seconds_bucket{operation="get",le="0.1"} 2"#,
                #"duration_seconds_bucket{operation="get",le="0.5"} 4"#,
                #"duration_seconds_bucket{operation="get",le="1.0"} 4"#,
                #"duration_seconds_bucket{operation="get",le="+Inf"} 6"#,
                #"duration_seconds_sum{operation="get"} 102.9125"#, #"duration_seconds_count{operation="get"} 6"#,
            ])
        #expect(metrics.prometheusText().contains("# TYPE duration_seconds histogram\n"))
    }

    @Test func `a counter cannot be observed`() {
        let metrics = Metrics()
        metrics.observe(MetricsTests.requests, ["a", "b"], value: 1)
        #expect(lines("requests_total", of: metrics) == [])
    }

    @Test func `a gauge is read when somebody collects`() {
        let value = Lock(1.5)
        let metrics = Metrics()
        metrics.gauge("in_flight", "Requests in flight.") { value.withLock { $0 } }
        #expect(lines("in_flight", of: metrics) == ["in_flight 1.5"])
        value.withLock { $0 = 2 }
        #expect(lines("in_flight", of: metrics) == ["in_flight 2.0"])
        #expect(metrics.prometheusText().contains("# TYPE in_flight gauge\n"))
    }

    @Test func `a gauge may have labels`() {
        let metrics = Metrics()
        metrics.gauge("lag", "Lag.", labels: ["consumer": "a\"b", "kind": "c"]) { 3 }
        #expect(metrics.prometheusText().contains("# TYPE lag gauge\nlag{consumer=\"a\\\"b\",kind=\"c\"} 3.0\n"))
    }

    @Test(arguments: [
        ("a\"b", #"a\"b"#), (#"a\b"#, #"a\\b"#), ("a\nb", #"a\nb"#), ("a\r\nb", "a\r\\nb"), ("é👩‍👧", "é👩‍👧"), ("", ""),
    ])
    func `label values are escaped`(value: String, escaped: String) {
        let metrics = Metrics()
        metrics.increment(Metrics.Definition("m_total", "M.", .counter, labels: ["l"]), [value])
        #expect(metrics.prometheusText().contains("m_total{l=\"\(escaped)\"} 1\n"))
    }

    @Test func `a metric stops at its limit of series and counts what it left out`() {
        let metrics = Metrics()
        for number in 0..<(Metrics.seriesMax + 5) { metrics.increment(MetricsTests.requests, ["\(number)", "200"]) }
        metrics.increment(MetricsTests.requests, ["0", "200"])
        metrics.increment(Metrics.Definition("other_total", "Other.", .counter))
        #expect(lines("requests_total", of: metrics).count == Metrics.seriesMax)
        #expect(
            lines("requests_total{operation=\"0\"", of: metrics) == [#"requests_total{operation="0",status="200"} 2"#])
        #expect(lines("metrics_series_dropped_total", of: metrics) == ["metrics_series_dropped_total 5"])
        #expect(lines("other_total", of: metrics) == ["other_total 1"])
    }

    @Test func `eight threads lose no measurement`() throws {
        let metrics = Metrics()
        let threads = try (0..<8).map { _ in
            try #require(
                Thread.start {
                    for _ in 0..<500 {
                        metrics.increment(MetricsTests.requests, ["a", "b"])
                        metrics.observe(MetricsTests.durations, ["a"], value: 1)
                    }
                })
        }
        threads.forEach { $0.join() }
        #expect(lines("requests_total", of: metrics) == [#"requests_total{operation="a",status="b"} 4000"#])
        #expect(lines("duration_seconds_sum", of: metrics) == [#"duration_seconds_sum{operation="a"} 4000.0"#])
    }

    @Test func `every line is a comment or a sample`() {
        let metrics = Metrics()
        metrics.increment(MetricsTests.requests, ["a", "b"])
        metrics.observe(MetricsTests.durations, ["a"], value: 0.2)
        metrics.gauge("g", "G.") { .infinity }
        let text = metrics.prometheusText()
        #expect(text.hasSuffix("\n"))
        for line in text.split(separator: "\n") {
            let isComment = line.hasPrefix("# HELP ") || line.hasPrefix("# TYPE ")
            let parts = line.split(separator: " ")
            #expect(isComment || (parts.count == 2 && Double(parts[1]) != nil), "\(line)")
        }
    }
}
