private import Concurrency
package import CurlHTTPClient
private import HTTPMessages
private import JSON
private import Resilience
package import Telemetry
package import WebApplication

/// Whether another service would serve, as its own `/health/ready` says, and whether it is asked at all.
///
/// An instance that is shutting down serves all the same, and behind a balancer others do after it: whoever asks it must not take
/// the service for gone, and be taken out of its own balancer for that.
package struct DependencyProbe: Sendable {
    private let name: String
    private let title: String
    private let guards: DependencyGuards?
    private let client: ResilientClient
    private let logger: Logger

    /// - Parameters:
    ///   - name: as in the other service's own log lines.
    ///   - title: in a sentence: "The Orders API".
    ///   - guards: what stands before the calls to it; nil where nothing does.
    package init(
        _ name: String, _ title: String, _ transport: any HTTPTransport, _ origin: Origin, _ guards: DependencyGuards?,
        _ logger: Logger
    ) {
        self.name = name
        self.title = title
        self.guards = guards
        // Asked once and beside the others: whether it would serve is not a question of how many wait for it.
        client = ResilientClient(transport: transport, origin: origin, retry: RetryPolicy(attemptsMax: 1))
        self.logger = logger
    }

    /// - Parameter decidesReadiness: whether next to nothing can be served without the other service.
    package func check(decidesReadiness: Bool) -> HealthCheck {
        HealthCheck(name, decidesReadiness: decidesReadiness, failure: failure) {
            var details = HealthDetails()
            if let guards {
                details.circuit = guards.circuit.state.rawValue
                details.callers = (guards.bulkhead.callerCount, guards.bulkhead.callersMax)
            }
            return details
        }
    }

    /// Why it would not serve; nil if it would. What the transport said goes to the log alone.
    @Sendable private func failure(by deadline: Deadline) -> String? {
        if let circuit = guards?.circuit, circuit.isRefusing {
            return "\(title) fails or is slow, and is left alone for a while."
        }
        do {
            let response = try client.send(Request(.get, "/health/ready"), repeatable: .whenNotSent, by: deadline)
            return response.status == .ok || isShuttingDown(response.body) ? nil : "\(title) is not ready."
        } catch {
            logger.warning("\(title) does not answer.", ["cause": String(describing: error)])
            return "\(title) does not answer."
        }
    }

    private func isShuttingDown(_ body: [UInt8]) -> Bool {
        (try? JSONParser.parse(body))?["code"]?.string == ProblemType.shuttingDown.code
    }
}
