package import Resilience
package import Telemetry

/// What happens to the calls to another service, in the log and in the metrics.
package struct DependencyEvents: Sendable {
    private static let events = Metrics.Definition(
        "dependency_calls_total",
        "Calls to another service that were sent again (retry), or were not for want of a place (refused), of budget (budget_spent) or "
            + "because the circuit is open (circuit_open).",
        .counter, labels: ["dependency", "event"])
    private static let changes = Metrics.Definition(
        "dependency_circuit_changes_total", "Changes of the circuit to another service, by its new state.", .counter,
        labels: ["dependency", "state"])

    private let dependency: String
    private let logger: Logger
    private let metrics: Metrics

    /// - Parameter dependency: the other service's name, as in its own log lines.
    package init(_ dependency: String, _ logger: Logger, _ metrics: Metrics) {
        self.dependency = dependency
        self.logger = logger
        self.metrics = metrics
        metrics.declare(
            DependencyEvents.events,
            ["retry", "refused", "budget_spent", "circuit_open"].map { [dependency, $0] })
        metrics.declare(DependencyEvents.changes, CircuitBreaker.State.allCases.map { [dependency, $0.rawValue] })
    }

    @Sendable package func report(_ event: ResilientClient.Event) {
        switch event {
        case .retry(let attempt, let reason):
            metrics.increment(DependencyEvents.events, [dependency, "retry"])
            logger.warning("asking again", ["dependency": dependency, "attempt": attempt, "cause": reason])
        case .refused: metrics.increment(DependencyEvents.events, [dependency, "refused"])
        case .circuitOpen: metrics.increment(DependencyEvents.events, [dependency, "circuit_open"])
        case .budgetSpent: metrics.increment(DependencyEvents.events, [dependency, "budget_spent"])
        }
    }

    /// All that stands before the calls to the other service.
    package func guards(
        callersMax: Int, patienceMilliseconds: Int, circuit settings: CircuitBreaker.Settings
    ) -> DependencyGuards {
        DependencyGuards(
            bulkhead: bulkhead(callersMax: callersMax, patienceMilliseconds: patienceMilliseconds),
            circuit: circuit(settings), budget: budget())
    }

    /// A bulkhead whose places are shown in the metrics.
    package func bulkhead(callersMax: Int, patienceMilliseconds: Int) -> Bulkhead {
        let bulkhead = Bulkhead(callersMax: callersMax, patienceMilliseconds: patienceMilliseconds)
        metrics.gauge(
            "dependency_calls_in_flight", "Requests that wait for another service.", labels: ["dependency": dependency]
        ) { Double(bulkhead.callerCount) }
        metrics.gauge(
            "dependency_calls_max", "Requests that may wait for another service at once.",
            labels: ["dependency": dependency]
        ) { Double(bulkhead.callersMax) }
        return bulkhead
    }

    /// A budget that is shown in the metrics.
    package func budget() -> RetryBudget {
        let budget = RetryBudget()
        metrics.gauge(
            "dependency_retry_budget_tokens", "Requests to another service that may be sent again now.",
            labels: ["dependency": dependency]
        ) { budget.repetitions }
        return budget
    }

    /// A circuit whose changes are logged and counted, and whose state is shown in the metrics.
    package func circuit(_ settings: CircuitBreaker.Settings) -> CircuitBreaker {
        let circuit = CircuitBreaker(settings, didChange: report)
        metrics.gauges(
            "dependency_circuit_state", "1 for the state that the circuit to another service is in, 0 for the others.",
            labels: ["dependency", "state"]
        ) { [dependency] in
            let current = circuit.state
            return CircuitBreaker.State.allCases.map { ([dependency, $0.rawValue], $0 == current ? 1 : 0) }
        }
        return circuit
    }

    @Sendable private func report(_ state: CircuitBreaker.State) {
        metrics.increment(DependencyEvents.changes, [dependency, state.rawValue])
        switch state {
        case .open: logger.error("circuit open", ["dependency": dependency])
        case .halfOpen: logger.info("circuit half-open", ["dependency": dependency])
        case .closed: logger.info("circuit closed", ["dependency": dependency])
        }
    }
}

/// What stands before the calls to another service.
package struct DependencyGuards: Sendable {
    package let bulkhead: Bulkhead
    package let circuit: CircuitBreaker
    package let budget: RetryBudget

    package init(bulkhead: Bulkhead, circuit: CircuitBreaker, budget: RetryBudget) {
        self.bulkhead = bulkhead
        self.circuit = circuit
        self.budget = budget
    }
}
