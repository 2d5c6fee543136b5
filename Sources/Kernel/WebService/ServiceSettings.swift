private import CurlHTTPClient
package import EpollHTTPServer
package import Settings
package import Telemetry
package import TraceExport
package import WebApplication

/// What every service reads from its environment.
package struct ServiceSettings: Sendable {
    /// The token that the examples use. Good enough on one's own machine; refused anywhere else.
    package static var exampleServiceToken: String { TokenSettings.exampleServiceToken }

    package private(set) var server: HTTPServerConfiguration
    package let tokens: ServiceTokens
    package let callers: CallerSettings
    package let corsOrigins: [String]
    /// Where the pages are that browsers read.
    package let webDirectory: String?
    package let logLevel: Logger.Level
    package let output: OutputSettings
    private let tellsOfChanges: Bool
    package let drainTimeoutMilliseconds: Int
    /// Nil where no spans are sent.
    package let traces: TraceExportSettings?
    /// From SIGTERM to when no more connections are let in; part of `drainTimeoutMilliseconds`.
    package let drainDelayMilliseconds: Int

    /// 3 s: a balancer that asks every second has seen twice that this instance is not ready, and Kubernetes has told its nodes.
    private static let drainDelayMillisecondsDefault = 3000

    /// - Parameters:
    ///   - isListening: false where no port is opened (Lambda). Who may call is for the gateway to decide there, so that the
    ///     API token may be absent; the example token is refused all the same.
    ///   - limitsCallers: false for a service that has no limits of how much a caller may ask.
    package init(
        _ reader: inout EnvironmentReader, portDefault: Int, isListening: Bool = true, limitsCallers: Bool = true
    ) {
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
        let tokenFiles = TokenFile.all(&reader)
        let tokenSettings = TokenSettings(&reader)
        callers = CallerSettings(&reader, limitsCallers: limitsCallers)
        corsOrigins = ServiceSettings.corsOrigins(&reader)
        webDirectory = reader.optionalText(
            "WEB_DIRECTORY",
            "Folder with the pages for browsers: the API reference at /docs with the contract that it draws, and the console at "
                + "/console of the Orders API and the Notifier.")
        logLevel = ServiceSettings.logLevel(&reader)
        output = OutputSettings(&reader)
        tellsOfChanges = reader.choice(
            "AUDIT_LOG", default: "on", among: ["on": true, "off": false], or: true,
            "`on` logs who changed what, whatever LOG_LEVEL is; `off` is for where something else keeps that.")
        drainTimeoutMilliseconds = reader.integer(
            "DRAIN_TIMEOUT_MS", default: 10_000, in: 0...HTTPService.drainMillisecondsMax,
            "How long open requests may take to end after SIGTERM; the process ends within 15 s of it.")
        let isLocal = ServiceSettings.isLoopback(server.host)
        let delayDefault = isLocal ? 0 : min(ServiceSettings.drainDelayMillisecondsDefault, drainTimeoutMilliseconds)
        drainDelayMilliseconds = reader.integer(
            "DRAIN_DELAY_MS", default: delayDefault, in: 0...HTTPService.drainMillisecondsMax,
            "How long after SIGTERM new connections are still let in while the service says that it is not ready, so that a "
                + "balancer goes elsewhere first (default beyond loopback: \(ServiceSettings.drainDelayMillisecondsDefault)); part of "
                + "DRAIN_TIMEOUT_MS.")
        if drainDelayMilliseconds > drainTimeoutMilliseconds {
            reader.reject("DRAIN_DELAY_MS", "must not exceed DRAIN_TIMEOUT_MS, of which it is a part")
        }
        traces = TraceExportSettings(&reader)
        let isReachable = !isListening || !isLocal
        if isReachable { tokenSettings.refuseOpenAccess(&reader, isListening: isListening) }
        tokens = ServiceTokens(
            tokenSettings, files: tokenFiles, reader, isReachable: isReachable, isListening: isListening)
    }

    /// These settings for a service whose requests need one of `connectionsMax` connections each: as long as none takes long, no
    /// more are begun at once than can have one.
    package func sharing(connectionsMax: Int) -> ServiceSettings {
        var settings = self
        settings.server.activeMax = connectionsMax
        return settings
    }

    /// Whether it listens where only this machine reaches it.
    package var isOnLoopback: Bool { ServiceSettings.isLoopback(server.host) }

    private static func isLoopback(_ host: String) -> Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }

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

    /// How much each caller may ask; nil for as much as they will.
    package func limits(_ metrics: Metrics) -> CallerLimits? {
        CallerLimits(
            callers.rates, names: tokens.settings.named.map(\.caller.name), tokens: tokens.accepted,
            addresses: callers.addresses, metrics: metrics)
    }

    /// Tells who changed what; nil where nobody wants to be told.
    package func audit(_ metrics: Metrics) -> AuditLog? {
        guard tellsOfChanges else { return nil }
        return AuditLog(tokens: tokens.accepted, addresses: callers.addresses, metrics: metrics)
    }

    static func logLevel(_ reader: inout EnvironmentReader) -> Logger.Level {
        reader.choice(
            "LOG_LEVEL", default: "info",
            among: ["debug": .debug, "info": .info, "warning": .warning, "error": .error], or: Logger.Level.info,
            "Lowest level that is logged: debug, info, warning, error. In `.env` it is read again at SIGHUP.")
    }

    private static func corsOrigins(_ reader: inout EnvironmentReader) -> [String] {
        let origins = reader.list("CORS_ORIGINS", "Origins whose web pages may call the service; none by default.")
        for text in origins where Origin(text)?.description != text || text.split(separator: "/").count != 2 {
            reader.reject(
                "CORS_ORIGINS", "must list origins as browsers send them, such as https://shop.example, not \"\(text)\""
            )
        }
        return origins
    }
}
