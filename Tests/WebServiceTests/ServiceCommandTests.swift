import Settings
import Testing

@testable import WebService

@Suite struct ServiceCommandTests {
    private let identity = ServiceIdentity(name: "test-api", command: "TestAPI", summary: "The Test API: tests.")

    @Test func `the help lists every command and every variable that was read`() {
        var reader = EnvironmentReader(["SERVICE_TOKEN": "hunter2"])
        _ = ServiceSettings(&reader, portDefault: 3001)
        let help = CommandTable(
            identity,
            [
                CommandDescription("serve", "Serves."),
                CommandDescription(
                    "migrate", aliases: ["up"], "Migrates.", options: [.init("--to", "N", "As far as N.")]),
                CommandDescription("revert", "Nothing.", isListed: false),
            ]
        ).help(variables: reader.variables)
        let lines = help.split(separator: "\n").map { String($0) }
        #expect(lines.first == "The Test API: tests.")
        #expect(lines.contains("Usage: TestAPI [command]"))
        #expect(lines.contains("  serve                Serves."))
        #expect(lines.contains("  migrate              Migrates. (also: up)"))
        #expect(lines.contains("    --to N             As far as N."))
        #expect(!help.contains("revert"))
        let names = [
            "HOST", "PORT", "WORKERS_MAX", "QUEUE_MAX", "SERVICE_TOKEN", "API_TOKEN", "API_TOKENS",
            "RATE_LIMIT_REQUESTS", "RATE_LIMIT_WINDOW_SECONDS", "RATE_LIMIT_BURST", "RATE_LIMIT_CALLERS",
            "TRUSTED_PROXIES", "CORS_ORIGINS", "WEB_DIRECTORY", "LOG_LEVEL", "LOG_FORMAT", "AUDIT_LOG",
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
            CommandTable(identity, []).help(variables: reader.variables).contains("  \(name) A purpose. [x]"))
    }

    private var table: CommandTable {
        CommandTable(
            identity,
            [
                CommandDescription(
                    "add", "Adds.",
                    options: [.init("--to", "N", "Where to.", isNecessary: true), .init("--by", "N", "Whose.")],
                    words: .init("N")), CommandDescription("serve", "Serves."),
            ])
    }

    @Test func `words and options are read in any order, numbers within their range`() throws {
        let words = try table.read(["add", "--by=7", "5", "--to", "9"])
        #expect(try words.number(in: 1...5) == 5)
        #expect(try words.number(of: "--to", in: 1...9) == 9 && words.number(of: "--by", in: 7...7) == 7)
        #expect(throws: CommandError.self) { try words.number(in: 6...7) }
        #expect(try table.read(["add", "--to", "9", "5"]).number(of: "--by", in: 0...1) == nil)
        #expect(try table.read([]).name == "serve")
    }

    @Test(arguments: [
        (["add", "5"], "add needs --to N."), (["add", "--to"], "--to needs a value: N."),
        (["add", "--to", "1", "--to", "2", "5"], "--to is given twice."),
        (["add", "--to", "1"], "add takes one word: N."),
        (["add", "--of", "1"], "add has no option --of."), (["serve", "on"], "serve takes no words of its own."),
        (["completion", "tcsh"], "completion takes bash or zsh or fish, not \"tcsh\"."),
    ])
    func `words that a command does not take are told with its usage`(words: [String], sentence: String) throws {
        let error = #expect(throws: CommandError.self) {
            try table.read(words[...])
        }
        #expect(error?.status == .misused)
        let usage =
            words[0] == "add" ? "add --to N [--by N] N" : words[0] == "serve" ? "serve" : "completion bash|zsh|fish"
        #expect(error?.message == "\(sentence)\nUsage: TestAPI \(usage)")
    }
}
