import BlockingTesting
import CurlHTTPClient
import Settings
import Testing

@testable import TraceExport

@Suite(.blocking) struct TraceExportSettingsTests {
    private func read(_ values: [String: String]) throws -> TraceExportSettings? {
        var reader = EnvironmentReader(values)
        let settings = TraceExportSettings(&reader)
        try reader.finish()
        return settings
    }

    @Test(arguments: [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318", "http://c:4318", "/v1/traces"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c/otlp/", "https://c/otlp", "/v1/traces"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:4318/v1/traces", "http://c:4318/v1", "/traces"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:4318/spans", "http://c:4318", "/spans"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:4318", "http://c:4318", "/"),
    ])
    func `an endpoint is a base, or a whole URL`(name: String, url: String, origin: String, target: String) throws {
        let settings = try #require(try read([name: url]))
        #expect(settings.origin.description == origin)
        #expect(settings.target == target)
        #expect(settings.ratio == 1)
    }

    @Test func `without an endpoint, and with an exporter of none, nothing is sent`() throws {
        #expect(try read([:]) == nil)
        #expect(try read(["OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"]) == nil)
        #expect(
            try read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"]) == nil)
    }

    @Test(arguments: [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "grpc://c:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"), ("OTEL_EXPORTER_OTLP_HEADERS", "no-value"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=c"), ("OTEL_EXPORTER_OTLP_HEADERS", "a=%0D%0Ab"),
        ("OTEL_TRACES_SAMPLER", "always_on"), ("OTEL_TRACES_SAMPLER_ARG", "1.5"), ("OTEL_TRACES_SAMPLER_ARG", "nan"),
        ("OTEL_TRACES_EXPORTER", "console"), ("OTEL_BSP_MAX_QUEUE_SIZE", "0"), ("OTEL_BSP_SCHEDULE_DELAY", "1"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "never"),
    ])
    func `what is set and not supported is a mistake that names itself`(name: String, value: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"].merging([name: value]) { $1 })
        }
        #expect(error?.mistakes.count == 1)
        #expect(error?.mistakes.first?.hasPrefix(name) == true)
        #expect(error?.description.contains("%0D") != true)
    }

    @Test(
        arguments: [
            (["OTEL_TRACES_SAMPLER_ARG": "0.25"], 0.25), (["OTEL_TRACES_SAMPLER": "parentbased_always_off"], 0.0),
            (["OTEL_TRACES_SAMPLER": "parentbased_always_on", "OTEL_TRACES_SAMPLER_ARG": "0.25"], 1.0),
        ] as [([String: String], Double)])
    func `the sampler decides which traces begin recorded`(values: [String: String], ratio: Double) throws {
        let settings = try read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"].merging(values) { $1 })
        #expect(settings?.ratio == ratio)
    }
}
