private import Concurrency
internal import EpollHTTPServer
private import Telemetry
package import WebApplication

/// An application behind a real port of the loopback interface, for as long as there is a reference to it.
package final class LocalServer: Sendable {
    package let url: String
    private let server: HTTPServer

    package init(_ application: Application) throws {
        server = HTTPServer(
            HTTPServerConfiguration(), logger: Logger(service: "tests", level: .error),
            respond: { application.handle($0, $1) }, refuse: { application.refuse($0, $1) })
        try server.start()
        url = "http://127.0.0.1:\(server.port)"
    }

    deinit { stop() }

    /// From now on the port refuses connections. Does nothing the second time.
    package func stop() {
        // No grace: a test that stops it has no request under way, only connections kept open by clients.
        server.stop(by: .after(milliseconds: 0))
    }
}
