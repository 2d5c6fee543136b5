import Settings
import Testing
import WebService

@Suite struct ServiceCommandTests {
    private let identity = ServiceIdentity(name: "test-api", command: "TestAPI", summary: "The Test API: tests.")

    @Test func `the help lists every command and every variable that was read`() {
        var reader = EnvironmentReader(["SERVICE_TOKEN": "hunter2"])
        _ = ServiceSettings(&reader, portDefault: 3001)
        let help = ServiceCommand.help(
            identity, commands: [("serve", "Serves."), ("migrate", "Migrates.")], variables: reader.variables)
        let lines = help.split(separator: "\n").map { String($0) }
        #expect(lines.first == "The Test API: tests.")
        #expect(lines.contains("Usage: TestAPI [command]"))
        #expect(lines.contains("  serve                Serves."))
        let names = [
            "HOST", "PORT", "WORKERS_MAX", "QUEUE_MAX", "SERVICE_TOKEN", "API_TOKEN", "API_TOKENS",
            "RATE_LIMIT_REQUESTS", "RATE_LIMIT_WINDOW_SECONDS", "RATE_LIMIT_BURST", "RATE_LIMIT_CALLERS",
            "TRUSTED_PROXIES", "CORS_ORIGINS", "WEB_DIRECTORY", "LOG_LEVEL", "AUDIT_LOG",
            "DRAIN_TIMEOUT_MS", "DRAIN_DELAY_MS", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
            "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_TRACES_EXPORTER",
            "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_COMPRESSION",
        ]
        #expect(reader.variables.map(\.name) == names)
        for variable in reader.variables {
            let line = lines.first { $0.hasPrefix("  \(variable.name) ") }
            #expect(line?.contains(variable.purpose) == true)
            #expect(line?.hasSuffix("[\(variable.defaultText.isEmpty ? "unset" : variable.defaultText)]") == true)
        }
        #expect(lines.contains { $0.hasPrefix("  PORT ") && $0.hasSuffix("[3001]") })
        #expect(help.hasSuffix("\n"))
        #expect(!help.contains("hunter2"))
    }

    @Test func `a long name is not cut`() {
        let name = String(repeating: "N", count: 40)
        var reader = EnvironmentReader([:])
        _ = reader.text(name, default: "x", "A purpose.")
        #expect(
            ServiceCommand.help(identity, commands: [], variables: reader.variables).contains(
                "  \(name) A purpose. [x]"))
    }
}
