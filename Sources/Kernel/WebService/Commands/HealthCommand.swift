private import Concurrency
private import CurlHTTPClient
private import EpollHTTPServer
private import HTTPMessages
private import JSON

/// The command `health`: for containers and scripts, which see how a process ends and need no other program to ask.
package enum HealthCommand {
    /// 3 s: what looks after containers commonly waits longer.
    private static let milliseconds = 3000

    /// Ends the process with an error, and the reason on standard error, where the instance would not serve.
    package static func report(_ identity: ServiceIdentity, _ settings: ServiceSettings) {
        if let reason = failure(of: settings) { ServiceCommand.fail("\(identity.name) would not serve: \(reason)") }
        print("\(identity.name) would serve.")
    }

    /// Asks an instance on this machine.
    ///
    /// - Returns: why it would not serve; nil if it would.
    static func failure(of settings: ServiceSettings) -> String? {
        guard settings.server.port != 0 else { return "PORT is 0, so that nobody knows where it listens." }
        guard let origin = Origin(settings.localURL) else { return "HOST is no address: \(settings.server.host)" }
        do throws(TransportError) {
            let reply = try CurlTransport().send(
                Request(.get, "/health/ready"), to: origin, by: .after(milliseconds: milliseconds))
            guard reply.status != .ok else { return nil }
            let detail = (try? JSONParser.parse(reply.body))?["detail"]?.string
            return detail ?? "It answered \(reply.status)."
        } catch {
            return error.message
        }
    }
}
