import Concurrency
import CurlHTTPClient
import HTTPMessages
import Resilience
import Telemetry
import WebApplication

/// Whether another service would serve, as its own `/health/ready` says.
struct DependencyProbe: Sendable {
    /// As in the other service's own log lines.
    let name: String
    /// In a sentence: "The Orders API".
    let title: String
    private let client: ResilientClient
    private let logger: Logger

    init(_ name: String, _ title: String, _ transport: any HTTPTransport, _ origin: Origin, _ logger: Logger) {
        self.name = name
        self.title = title
        // Asked once and beside the others: whether it would serve is not a question of how many wait for it.
        client = ResilientClient(transport: transport, origin: origin, retry: RetryPolicy(attemptsMax: 1))
        self.logger = logger
    }

    var check: HealthCheck { HealthCheck(name, failure: failure) }

    /// Why it would not serve; nil if it would. What the transport said goes to the log alone.
    @Sendable private func failure(by deadline: Deadline) -> String? {
        do {
            let response = try client.send(Request(.get, "/health/ready"), repeatable: .whenNotSent, by: deadline)
            return response.status == .ok ? nil : "\(title) is not ready."
        } catch {
            logger.warning("\(title) does not answer.", ["cause": String(describing: error)])
            return "\(title) does not answer."
        }
    }
}
