package import Concurrency

/// One thing that a service needs in order to serve.
package struct HealthCheck: Sendable {
    package let name: String
    /// Whether the service cannot serve while this fails. What goes on beside the requests, and what most of them can do without,
    /// only shows in the details.
    package let decidesReadiness: Bool
    /// Nil when all is well, else a sentence without secrets.
    package let failure: @Sendable (Deadline) -> String?
    /// How the way there is, for the details alone.
    package let details: @Sendable () -> HealthDetails

    package init(
        _ name: String, decidesReadiness: Bool = true, failure: @escaping @Sendable (Deadline) -> String?,
        details: @escaping @Sendable () -> HealthDetails = { HealthDetails() }
    ) {
        self.name = name
        self.decidesReadiness = decidesReadiness
        self.failure = failure
        self.details = details
    }
}

/// What stands between a service and something that it needs.
package struct HealthDetails: Sendable {
    /// The state of the circuit breaker before it: `closed`.
    package var circuit: String?
    /// How many wait for it now, and how many may.
    package var callers: (waiting: Int, max: Int)?
    /// The connections to it.
    package var pool: (used: Int, idle: Int, waiting: Int, max: Int)?

    package init() {}
}

/// The checks of a service, asked at most once a second however often, and by how many at once, the endpoints are called.
package final class Health: Sendable {
    package struct Report: Sendable {
        package struct Result: Sendable {
            package let name: String
            package let failure: String?
            /// How long the check took.
            package let milliseconds: Int
            package let details: HealthDetails
        }

        package let results: [Result]
        package var isHealthy: Bool { results.allSatisfy { $0.failure == nil } }
    }

    private let deciding: HealthCheckGroup
    private let others: HealthCheckGroup
    private let isInDrain = Lock(false)

    /// - Parameter clock: what tells how old a report is.
    package init(_ checks: [HealthCheck], clock: MonotonicClock = .system) {
        deciding = HealthCheckGroup(clock: clock)
        others = HealthCheckGroup(clock: clock)
        for check in checks { add(check) }
    }

    /// Has a check asked with the others, from the next report on.
    package func add(_ check: HealthCheck) { (check.decidesReadiness ? deciding : others).add(check) }

    /// From now on the service is not ready, so that a balancer stops sending while open requests are finished.
    package func beginDraining() { isInDrain.withLock { $0 = true } }

    package var isDraining: Bool { isInDrain.withLock { $0 } }

    /// What the checks say that decide whether the service is ready. Callers that come while they are being asked wait for the
    /// answer, 900 ms at most; never for a check that does not decide.
    package func readiness() -> Report { Report(results: deciding.results()) }

    /// What all checks say: those first that decide. Takes twice as long at most.
    package func report() -> Report { Report(results: deciding.results() + others.results()) }
}
