import EpollHTTPServer
import HTTPMessages
import Settings
import Telemetry
import Testing

@testable import WebApplication
@testable import WebService

@Suite struct ServiceSettingsTests {
    private static let service = "a-service-token-of-its-own"
    private static let old = "the-service-token-before"
    private static let api = "an-api-token-of-its-own"

    private func read(_ values: [String: String], isListening: Bool = true) -> (ServiceSettings, [String]) {
        var reader = EnvironmentReader(values)
        let settings = ServiceSettings(&reader, portDefault: 3001, isListening: isListening)
        do throws(ConfigurationError) {
            try reader.finish()
            return (settings, [])
        } catch {
            return (settings, error.mistakes)
        }
    }

    /// The names of the variables that are complained about.
    private func rejected(_ values: [String: String], isListening: Bool = true) -> [String] {
        read(values, isListening: isListening).1.map { String($0.prefix { $0 != " " }) }
    }

    @Test func `an empty environment is a service on loopback with the example token`() {
        let (settings, mistakes) = read([:])
        #expect(mistakes == [])
        #expect(settings.server.host == "127.0.0.1")
        #expect(settings.server.port == 3001)
        #expect(settings.tokens.settings.service == [ServiceSettings.exampleServiceToken])
        #expect(settings.tokens.settings.api == [])
        #expect(settings.corsOrigins == [])
        #expect(settings.logLevel == .info)
        #expect(settings.drainTimeoutMilliseconds == 10_000)
    }

    @Test(arguments: [
        ("127.0.0.1", true, "http://127.0.0.1:3001"), ("::1", true, "http://[::1]:3001"),
        ("localhost", true, "http://localhost:3001"), ("0.0.0.0", false, "http://0.0.0.0:3001"),
        ("[::]", false, "http://[::]:3001"), ("127.0.0.2", false, "http://127.0.0.2:3001"),
    ])
    func `a service knows its own address, and whether only this machine reaches it`(
        host: String, isOnLoopback: Bool, url: String
    ) {
        let (settings, _) = read(["HOST": host])
        #expect(settings.isOnLoopback == isOnLoopback && settings.listenURL == url)
    }

    @Test func `every setting is taken`() {
        let (settings, mistakes) = read([
            "HOST": "0.0.0.0", "PORT": "0", "WORKERS_MAX": "4", "QUEUE_MAX": "8",
            "SERVICE_TOKEN": "\(Self.service),\(Self.old)", "API_TOKEN": Self.api,
            "CORS_ORIGINS": "https://a.example, https://b.example", "LOG_LEVEL": "WARNING",
            "DRAIN_TIMEOUT_MS": "0",
        ])
        #expect(mistakes == [])
        #expect(settings.server.host == "0.0.0.0")
        #expect(settings.server.port == 0)
        #expect(settings.server.workersMax == 4)
        #expect(settings.server.queueMax == 8)
        #expect(settings.tokens.settings.service == [Self.service, Self.old])
        #expect(settings.tokens.sent.current == Self.service)
        #expect(settings.tokens.settings.api == [Self.api])
        #expect(settings.corsOrigins == ["https://a.example", "https://b.example"])
        #expect(settings.logLevel == .warning)
        #expect(settings.drainTimeoutMilliseconds == 0)
    }

    @Test(
        arguments: [
            ([:], 0), (["HOST": "::1"], 0), (["HOST": "0.0.0.0"], 3000),
            (["HOST": "0.0.0.0", "DRAIN_TIMEOUT_MS": "500"], 500), (["DRAIN_DELAY_MS": "700"], 700),
        ] as [([String: String], Int)])
    func `who can be reached gives a balancer time to go elsewhere`(values: [String: String], milliseconds: Int) {
        var reader = EnvironmentReader(
            values.merging(["SERVICE_TOKEN": Self.service, "API_TOKEN": Self.api]) { own, _ in own })
        #expect(ServiceSettings(&reader, portDefault: 3001).drainDelayMilliseconds == milliseconds)
    }

    @Test func `the delay is part of the time for the end`() {
        #expect(rejected(["DRAIN_DELAY_MS": "2001", "DRAIN_TIMEOUT_MS": "2000"]) == ["DRAIN_DELAY_MS"])
    }

    @Test func `all mistakes are told at once`() {
        #expect(
            rejected([
                "HOST": "0.0.0.0", "PORT": "70000", "WORKERS_MAX": "0", "QUEUE_MAX": "x",
                "SERVICE_TOKEN": [Self.service, Self.old, Self.api].joined(separator: ","),
                "LOG_LEVEL": "loud", "DRAIN_TIMEOUT_MS": "11001",
            ]) == [
                "PORT", "WORKERS_MAX", "QUEUE_MAX", "SERVICE_TOKEN", "LOG_LEVEL", "DRAIN_TIMEOUT_MS", "API_TOKEN",
            ])
    }

    @Test(arguments: ["127.0.0.1", "::1", "localhost"]) func `loopback needs no tokens`(host: String) {
        #expect(rejected(["HOST": host]) == [])
    }

    @Test(arguments: ["0.0.0.0", "::", "10.0.0.5", "example.com"]) func `anything else needs both tokens`(host: String)
    {
        #expect(rejected(["HOST": host]) == ["API_TOKEN", "SERVICE_TOKEN"])
        #expect(rejected(["HOST": host, "API_TOKEN": Self.api]) == ["SERVICE_TOKEN"])
        #expect(rejected(["HOST": host, "SERVICE_TOKEN": Self.service]) == ["API_TOKEN"])
        #expect(rejected(["HOST": host, "SERVICE_TOKEN": Self.service, "API_TOKEN": Self.api]) == [])
    }

    @Test(arguments: ["internal-service-token", "own-service-token,internal-service-token"])
    func `the example token opens nothing that is reachable`(
        token: String
    ) {
        #expect(rejected(["HOST": "0.0.0.0", "SERVICE_TOKEN": token, "API_TOKEN": Self.api]) == ["SERVICE_TOKEN"])
        #expect(rejected(["HOST": "0.0.0.0", "SERVICE_TOKEN": Self.service, "API_TOKEN": token]) == ["SERVICE_TOKEN"])
        #expect(rejected(["SERVICE_TOKEN": token]) == [])
    }

    @Test(arguments: ["SERVICE_TOKEN", "API_TOKEN"])
    func `a token has at least 16 characters, each of two`(name: String) {
        for host in ["127.0.0.1", "0.0.0.0"] {
            let others = ["HOST": host, "SERVICE_TOKEN": Self.service, "API_TOKEN": Self.api]
            for value in ["short", "15-characters-x", "\(Self.old),short", "short,\(Self.old)"] {
                #expect(rejected(others.merging([name: value]) { $1 }) == [name], "\(value)")
            }
            #expect(rejected(others.merging([name: "16-characters-xx"]) { $1 }) == [])
        }
    }

    @Test func `behind a gateway the API token may be absent but the example token may not be used`() {
        #expect(rejected([:], isListening: false) == ["SERVICE_TOKEN"])
        #expect(rejected(["SERVICE_TOKEN": Self.service], isListening: false) == [])
    }

    @Test func `no mistake repeats a secret`() {
        let (_, mistakes) = read([
            "HOST": "0.0.0.0",
            "SERVICE_TOKEN": "hunter2-hunter2-hunter2,hunter3-hunter3-hunter3,hunter4-hunter4-hunter4",
            "API_TOKEN": "hunter5,hunter6-hunter6-hunter6",
        ])
        #expect(mistakes.count == 2)
        #expect(!mistakes.contains { $0.contains("hunter") })
    }

    @Test func `the tokens let in whom they name`() {
        let tokens = read(["SERVICE_TOKEN": Self.service, "API_TOKEN": Self.api]).0.tokens.accepted
        func isLetIn(_ token: String, _ access: AccessRule) -> Bool { caller(token, access, tokens) != nil }
        #expect(
            isLetIn(Self.service, .serviceToken) && isLetIn(Self.service, .apiToken) && isLetIn(Self.api, .apiToken))
        #expect(!isLetIn(Self.api, .serviceToken) && !isLetIn("x", .apiToken))
    }

    @Test func `a caller who has a name is known by it`() {
        let (settings, mistakes) = read([
            "SERVICE_TOKEN": Self.service, "API_TOKENS": "acme=\(Self.api)-acme, shop-2=\(Self.api)=2",
        ])
        #expect(mistakes == [])
        let tokens = settings.tokens.accepted
        #expect(caller("\(Self.api)-acme", .apiToken, tokens)?.name == "acme")
        #expect(caller("\(Self.api)=2", .apiToken, tokens)?.name == "shop-2")
        #expect(caller(Self.service, .apiToken, tokens) == .default)
        #expect(caller("\(Self.api)-acme", .serviceToken, tokens) == nil)
        #expect(caller("x", .apiToken, tokens) == nil)
    }

    @Test(arguments: [
        "acme", "=token-of-16-letters", "Acme=token-of-16-letters", "default=token-of-16-letters", "acme=short",
        // Customers are called so, who bear tokens of their own.
        "customer:1=token-of-16-letters",
    ])
    func `a list of named tokens that is none is a mistake, which repeats no token`(text: String) {
        let (_, mistakes) = read(["SERVICE_TOKEN": Self.service, "API_TOKENS": text])
        #expect(mistakes.count == 1, "\(mistakes)")
        #expect(!mistakes.contains { $0.contains("token-of") || $0.contains("short") })
    }

    private func caller(_ token: String, _ access: AccessRule, _ tokens: AccessTokens) -> Caller? {
        do throws(Problem) {
            return try access.caller(Request(.get, "/", headers: ["Authorization": "Bearer \(token)"]), tokens)
        } catch {
            return nil
        }
    }
}
