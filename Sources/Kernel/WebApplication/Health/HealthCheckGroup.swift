internal import Concurrency

/// Checks that are asked together, one after the other.
final class HealthCheckGroup: Sendable {
    /// 1 s: orchestrators probe every few seconds, and an outage should show at once.
    private static let cacheMilliseconds = 1000
    /// A probe's own timeout is commonly 1 s; an answer has to be out before.
    private static let checkMilliseconds = 900

    private struct State {
        var checks: [HealthCheck] = []
        var results: [Health.Report.Result]?
        var freshUntil = Deadline(uptimeNanoseconds: 0)
        var isChecking = false
    }

    private enum Turn {
        case cached([Health.Report.Result])
        case mine([HealthCheck])
    }

    private let clock: MonotonicClock
    private let state = Lock(State())

    init(clock: MonotonicClock) { self.clock = clock }

    func add(_ check: HealthCheck) { state.withLock { $0.checks.append(check) } }

    /// What they say now, or said within the last second.
    func results() -> [Health.Report.Result] {
        let deadline = Deadline.after(milliseconds: HealthCheckGroup.checkMilliseconds)
        let turn = state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { state -> Turn? in
            if let results = state.results, !clock.hasPassed(state.freshUntil) { return .cached(results) }
            if state.isChecking { return nil }
            state.isChecking = true
            return .mine(state.checks)
        }
        switch turn {
        case .cached(let results): return results
        case .mine(let checks): return ask(checks, by: deadline)
        case nil:
            return state.withLock { $0.checks }.map {
                Health.Report.Result(
                    name: $0.name, failure: "No answer in time.",
                    milliseconds: HealthCheckGroup.checkMilliseconds, details: $0.details())
            }
        }
    }

    private func ask(_ checks: [HealthCheck], by deadline: Deadline) -> [Health.Report.Result] {
        let results = checks.enumerated().map { index, check in
            // Each gets a share of the time that is left, so that one which stalls does not make the next look as if it did.
            let share = deadline.remainingMilliseconds / (checks.count - index)
            let start = Deadline.nowUptimeNanoseconds()
            let failure = check.failure(deadline.capped(milliseconds: share))
            let nanoseconds = Deadline.nowUptimeNanoseconds() - start
            return Health.Report.Result(
                name: check.name, failure: failure, milliseconds: Int(nanoseconds / 1_000_000),
                details: check.details())
        }
        state.withLock {
            $0.results = results
            $0.freshUntil = clock.after(milliseconds: HealthCheckGroup.cacheMilliseconds)
            $0.isChecking = false
        }
        state.broadcast()
        return results
    }
}
