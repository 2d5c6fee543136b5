package import Concurrency

/// One thing that a service needs in order to serve.
package struct HealthCheck: Sendable {
    package let name: String
    /// Whether the service cannot serve while this fails. What goes on beside the requests only shows in the details.
    package let decidesReadiness: Bool
    /// Nil when all is well, else a sentence without secrets.
    package let failure: @Sendable (Deadline) -> String?

    package init(
        _ name: String, decidesReadiness: Bool = true, failure: @escaping @Sendable (Deadline) -> String?
    ) {
        self.name = name
        self.decidesReadiness = decidesReadiness
        self.failure = failure
    }
}

/// The checks of a service, asked at most once a second however often, and by how many at once, the endpoints are called.
package final class Health: Sendable {
    package struct Report: Sendable {
        package let results: [(name: String, decidesReadiness: Bool, failure: String?)]
        package var isHealthy: Bool { results.allSatisfy { $0.failure == nil } }
    }

    /// 1 s: orchestrators probe every few seconds, and an outage should show at once.
    private static let cacheMilliseconds = 1000
    /// A probe's own timeout is commonly 1 s; an answer has to be out before.
    private static let checkMilliseconds = 900

    private struct State {
        var report: Report?
        var freshUntil = Deadline(uptimeNanoseconds: 0)
        var isChecking = false
        var isDraining = false
    }

    private enum Turn {
        case cached(Report)
        case mine
    }

    private let checks: [HealthCheck]
    private let clock: MonotonicClock
    private let state = Lock(State())

    /// - Parameter clock: what tells how old a report is.
    package init(_ checks: [HealthCheck], clock: MonotonicClock = .system) {
        self.checks = checks
        self.clock = clock
    }

    /// From now on the service is not ready, so that a balancer stops sending while open requests are finished.
    package func beginDraining() { state.withLock { $0.isDraining = true } }

    package var isDraining: Bool { state.withLock { $0.isDraining } }

    /// What the checks say. Callers that come while they are being asked wait for the answer, 900 ms at most.
    package func report() -> Report {
        let deadline = Deadline.after(milliseconds: Health.checkMilliseconds)
        let turn = state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { state -> Turn? in
            if let report = state.report, !clock.hasPassed(state.freshUntil) { return .cached(report) }
            if state.isChecking { return nil }
            state.isChecking = true
            return .mine
        }
        switch turn {
        case .cached(let report): return report
        case .mine: return check(by: deadline)
        case nil: return Report(results: checks.map { ($0.name, $0.decidesReadiness, "No answer in time.") })
        }
    }

    private func check(by deadline: Deadline) -> Report {
        let report = Report(results: checks.map { ($0.name, $0.decidesReadiness, $0.failure(deadline)) })
        state.withLock {
            $0.report = report
            $0.freshUntil = clock.after(milliseconds: Health.cacheMilliseconds)
            $0.isChecking = false
        }
        state.broadcast()
        return report
    }
}
