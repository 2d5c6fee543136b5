package import EpollHTTPServer
package import Settings
package import Telemetry
package import TraceExport
package import WebApplication

/// What every service reads from its environment.
package struct ServiceSettings: Sendable {
    /// The token that the examples use. Good enough on one's own machine; refused anywhere else.
    package static let exampleServiceToken = "internal-service-token"

    /// 16: what can be guessed over a network is far shorter, and a random token of common tools is longer.
    static let tokenLengthMin = 16

    /// 64: a company's systems, twice while they rotate.
    private static let callersMax = 64

    /// 20: the scope of an idempotency key, 64 characters, has an operation and an id beside it.
    private static let callerNameLengthMax = 20

    package private(set) var server: HTTPServerConfiguration
    package let serviceTokens: [String]
    package let apiTokens: [String]
    package let namedTokens: [(caller: Caller, token: String)]
    package let corsOrigins: [String]
    /// Where the pages are that browsers read.
    package let webDirectory: String?
    package let logLevel: Logger.Level
    package let drainTimeoutMilliseconds: Int
    /// Nil where no spans are sent.
    package let traces: TraceExportSettings?

    /// - Parameters:
    ///   - isListening: false where no port is opened (Lambda). Who may call is for the gateway to decide there, so that the
    ///     API token may be absent; the example token is refused all the same.
    package init(_ reader: inout EnvironmentReader, portDefault: Int, isListening: Bool = true) {
        var server = HTTPServerConfiguration()
        server.host = reader.text("HOST", default: "127.0.0.1", "Address to listen on.")
        server.port = reader.integer(
            "PORT", default: portDefault, in: 0...65535, "Port to listen on; 0 lets the system choose.")
        server.workersMax = reader.integer(
            "WORKERS_MAX", default: server.workersMax, in: 1...256,
            "Requests worked on at once; more than the database connections, since some wait for another service.")
        server.queueMax = reader.integer(
            "QUEUE_MAX", default: server.queueMax, in: 1...10_000,
            "Requests that may wait for a worker; one more is answered 503, since it would only wait past its deadline."
        )
        self.server = server
        serviceTokens = ServiceSettings.serviceTokens(&reader)
        apiTokens = reader.secrets(
            "API_TOKEN", lengthMin: ServiceSettings.tokenLengthMin,
            "Bearer token that callers of /admin and /orchestrator must send, of 16 characters or more; may list two while "
                + "rotating. Without one no web page of another origin may call.")
        namedTokens = ServiceSettings.namedTokens(&reader)
        corsOrigins = reader.list("CORS_ORIGINS", "Origins whose web pages may call the service; none by default.")
        webDirectory = reader.optionalText(
            "WEB_DIRECTORY", "Folder with the pages for browsers: the API reference at /docs, and the contract it draws.")
        logLevel = ServiceSettings.logLevel(&reader)
        drainTimeoutMilliseconds = reader.integer(
            "DRAIN_TIMEOUT_MS", default: 10_000, in: 0...HTTPService.drainMillisecondsMax,
            "How long open requests may take to end after SIGTERM; the process ends within 15 s of it.")
        traces = TraceExportSettings(&reader)
        let isReachable = !isListening || !isOnLoopback
        if isReachable { refuseOpenAccess(&reader, isListening: isListening) }
    }

    /// These settings for a service whose requests need one of `connectionsMax` connections each: as long as none takes long, no
    /// more are begun at once than can have one.
    package func sharing(connectionsMax: Int) -> ServiceSettings {
        var settings = self
        settings.server.activeMax = connectionsMax
        return settings
    }

    /// Whether it listens where only this machine reaches it.
    package var isOnLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(server.host) }

    /// Where it listens, as a URL without a path.
    package var listenURL: String { url(of: server.host) }

    /// Where this machine reaches it, as a URL without a path: an address of all interfaces is none to connect to.
    var localURL: String {
        switch server.host {
        case "0.0.0.0": url(of: "127.0.0.1")
        case "::", "[::]": url(of: "::1")
        default: listenURL
        }
    }

    private func url(of host: String) -> String {
        let isBare = host.utf8.contains(UInt8(ascii: ":")) && !host.hasPrefix("[")
        return "http://\(isBare ? "[\(host)]" : host):\(server.port)"
    }

    /// The token that calls to other services carry: the first of those accepted.
    package var serviceToken: String { serviceTokens.first ?? ServiceSettings.exampleServiceToken }

    /// Who the tokens let in.
    package var accessTokens: AccessTokens { AccessTokens(service: serviceTokens, api: apiTokens, named: namedTokens) }

    static func logLevel(_ reader: inout EnvironmentReader) -> Logger.Level {
        reader.choice(
            "LOG_LEVEL", default: "info",
            among: ["debug": .debug, "info": .info, "warning": .warning, "error": .error], or: Logger.Level.info,
            "Lowest level that is logged: debug, info, warning, error. In `.env` it is read again at SIGHUP.")
    }

    private static func serviceTokens(_ reader: inout EnvironmentReader) -> [String] {
        let tokens = reader.secrets(
            "SERVICE_TOKEN", lengthMin: tokenLengthMin,
            "Bearer token between the services, of 16 characters or more (default on loopback: \(exampleServiceToken)); may "
                + "list two while rotating.")
        return tokens.isEmpty ? [exampleServiceToken] : tokens
    }

    private static func namedTokens(_ reader: inout EnvironmentReader) -> [(caller: Caller, token: String)] {
        let entries = reader.secrets(
            "API_TOKENS", countMax: callersMax,
            "Tokens of callers who have a name, as name=token,name=token; each caller's idempotency keys are its own. A name "
                + "has up to \(callerNameLengthMax) lowercase letters, digits and hyphens; it may be listed twice while rotating."
        )
        return entries.compactMap { entry in
            let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, isCallerName(parts[0]), parts[0] != Caller.default.name else {
                reader.reject("API_TOKENS", "must be a list of name=token, and no name may be \(Caller.default.name)")
                return nil
            }
            guard parts[1].utf8.count >= tokenLengthMin else {
                reader.reject("API_TOKENS", "has a token of fewer than \(tokenLengthMin) characters, for \(parts[0])")
                return nil
            }
            return (Caller(name: parts[0]), parts[1])
        }
    }

    private static func isCallerName(_ text: String) -> Bool {
        1...callerNameLengthMax ~= text.utf8.count
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private func refuseOpenAccess(_ reader: inout EnvironmentReader, isListening: Bool) {
        if isListening, apiTokens.isEmpty, namedTokens.isEmpty {
            reader.reject("API_TOKEN", "must be set when HOST is not a loopback address")
        }
        if (serviceTokens + apiTokens + namedTokens.map(\.token)).contains(ServiceSettings.exampleServiceToken) {
            reader.reject(
                "SERVICE_TOKEN",
                "must be set to a secret of your own, not the example, when the service can be reached from outside")
        }
    }
}
