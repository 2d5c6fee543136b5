import Concurrency
import CurlHTTPClient
import HTTPMessages
import ScriptedServer
import Testing

/// Runs a server for the length of `body`.
func withServer<T>(
    _ serve: @escaping @Sendable (ScriptedConnection) -> Void, _ body: (ScriptedServer) throws -> T
) throws -> T {
    let server = try ScriptedServer(serve)
    defer { server.stop() }
    return try body(server)
}

extension ScriptedServer {
    var origin: Origin {
        get throws { try #require(Origin(url)) }
    }
}

/// A port on which nobody listens: one that was just in use here.
func unusedOrigin() throws -> Origin {
    let server = try ScriptedServer { _ in }
    server.stop()
    return try server.origin
}

extension CurlTransport {
    convenience init(_ change: (inout CurlTransportConfiguration) -> Void) {
        var configuration = CurlTransportConfiguration()
        change(&configuration)
        self.init(configuration: configuration)
    }

    /// The error of a request that has to fail.
    func failure(
        _ request: Request, to origin: Origin, by deadline: Deadline = .after(milliseconds: 10_000),
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> TransportError? {
        do throws(TransportError) {
            let response = try send(request, to: origin, by: deadline)
            Issue.record("There was a reply: \(response.status)", sourceLocation: sourceLocation)
            return nil
        } catch { return error }
    }
}

func elapsedMilliseconds(_ body: () throws -> Void) rethrows -> Int {
    let start = Deadline.nowUptimeNanoseconds()
    try body()
    return Int((Deadline.nowUptimeNanoseconds() - start) / 1_000_000)
}

extension TransportError {
    var isNotSent: Bool { if case .notSent = self { true } else { false } }
    var isMaybeSent: Bool { if case .maybeSent = self { true } else { false } }
}
