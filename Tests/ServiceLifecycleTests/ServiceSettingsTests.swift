import Configuration
import HTTPClient
import HTTPServer
import HTTPTypes
import ServiceLifecycle
import Telemetry
import Testing

@Suite struct ServiceSettingsTests {
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
        #expect(settings.serviceTokens == [ServiceSettings.exampleServiceToken])
        #expect(settings.apiTokens == [])
        #expect(settings.corsOrigins == [])
        #expect(settings.logLevel == .info)
        #expect(settings.drainTimeoutMilliseconds == 10_000)
    }

    @Test func `every setting is taken`() {
        let (settings, mistakes) = read([
            "HOST": "0.0.0.0", "PORT": "0", "WORKERS_MAX": "4", "QUEUE_MAX": "8", "SERVICE_TOKEN": "new,old",
            "API_TOKEN": "api", "CORS_ORIGINS": "https://a.example, https://b.example", "LOG_LEVEL": "WARNING",
            "DRAIN_TIMEOUT_MS": "0",
        ])
        #expect(mistakes == [])
        #expect(settings.server.host == "0.0.0.0")
        #expect(settings.server.port == 0)
        #expect(settings.server.workersMax == 4)
        #expect(settings.server.queueMax == 8)
        #expect(settings.serviceTokens == ["new", "old"])
        #expect(settings.serviceToken == "new")
        #expect(settings.apiTokens == ["api"])
        #expect(settings.corsOrigins == ["https://a.example", "https://b.example"])
        #expect(settings.logLevel == .warning)
        #expect(settings.drainTimeoutMilliseconds == 0)
    }

    @Test func `all mistakes are told at once`() {
        #expect(
            rejected([
                "HOST": "0.0.0.0", "PORT": "70000", "WORKERS_MAX": "0", "QUEUE_MAX": "x", "SERVICE_TOKEN": "a,b,c",
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
        #expect(rejected(["HOST": host, "API_TOKEN": "a"]) == ["SERVICE_TOKEN"])
        #expect(rejected(["HOST": host, "SERVICE_TOKEN": "s"]) == ["API_TOKEN"])
        #expect(rejected(["HOST": host, "SERVICE_TOKEN": "s", "API_TOKEN": "a"]) == [])
    }

    @Test(arguments: ["internal-service-token", "own,internal-service-token"])
    func `the example token opens nothing that is reachable`(
        token: String
    ) {
        #expect(rejected(["HOST": "0.0.0.0", "SERVICE_TOKEN": token, "API_TOKEN": "a"]) == ["SERVICE_TOKEN"])
        #expect(rejected(["HOST": "0.0.0.0", "SERVICE_TOKEN": "s", "API_TOKEN": token]) == ["SERVICE_TOKEN"])
        #expect(rejected(["SERVICE_TOKEN": token]) == [])
    }

    @Test func `behind a gateway the API token may be absent but the example token may not be used`() {
        #expect(rejected([:], isListening: false) == ["SERVICE_TOKEN"])
        #expect(rejected(["SERVICE_TOKEN": "s"], isListening: false) == [])
    }

    @Test func `no mistake repeats a secret`() {
        let (_, mistakes) = read([
            "HOST": "0.0.0.0", "SERVICE_TOKEN": "hunter2,hunter3,hunter4", "API_TOKEN": "hunter5,hunter6,hunter7",
        ])
        #expect(mistakes.count == 2)
        #expect(!mistakes.contains { $0.contains("hunter") })
    }

    @Test func `the tokens let in whom they name`() {
        let tokens = read(["SERVICE_TOKEN": "s", "API_TOKEN": "a"]).0.accessTokens
        func isLetIn(_ token: String, _ access: Route.Access) -> Bool {
            do throws(Problem) {
                try tokens.authorize(Request(.get, "/", headers: ["Authorization": "Bearer \(token)"]), for: access)
                return true
            } catch {
                return false
            }
        }
        #expect(isLetIn("s", .serviceToken) && isLetIn("s", .apiToken) && isLetIn("a", .apiToken))
        #expect(!isLetIn("a", .serviceToken) && !isLetIn("x", .apiToken))
    }

    @Test func `an origin is a URL`() {
        var reader = EnvironmentReader(["BASE": "https://orders.example/", "BROKEN": "orders.example"])
        #expect(reader.origin("BASE", default: "http://127.0.0.1:1", "")?.description == "https://orders.example")
        #expect(reader.origin("ABSENT", default: "http://127.0.0.1:1", "")?.description == "http://127.0.0.1:1")
        #expect(reader.origin("BROKEN", default: "http://127.0.0.1:1", "") == nil)
        let read = reader
        let error = #expect(throws: ConfigurationError.self) { try read.finish("value") }
        #expect(error?.mistakes == ["BROKEN must be a URL such as http://127.0.0.1:1."])
    }
}
