package import Concurrency

/// How many requests a caller may make in a time, and how many of them at once.
package struct RequestRate: Sendable, Equatable {
    /// 1,000,000 requests, and 3,600 s: with more of either the times below would not fit 64 bits.
    package static let requestsRange = 1...1_000_000
    package static let windowSecondsRange = 1...3600

    package let requests: Int
    package let windowSeconds: Int
    /// How many may come at once after a pause; they come back at the rate of the others.
    package let burst: Int

    /// - Parameters: within the ranges above; what lies outside counts as the nearest that does not.
    package init(requests: Int, windowSeconds: Int, burst: Int? = nil) {
        func within(_ range: ClosedRange<Int>, _ value: Int) -> Int {
            min(max(value, range.lowerBound), range.upperBound)
        }
        self.requests = within(RequestRate.requestsRange, requests)
        self.windowSeconds = within(RequestRate.windowSecondsRange, windowSeconds)
        self.burst = within(RequestRate.requestsRange, burst ?? requests)
    }

    /// After how long one more may come.
    fileprivate var intervalNanoseconds: UInt64 { UInt64(windowSeconds) * 1_000_000_000 / UInt64(requests) }

    /// After how long all that may come at once are back; rounded up.
    package var fullSeconds: Int { RequestRate.seconds(intervalNanoseconds * UInt64(burst)) }

    fileprivate static func seconds(_ nanoseconds: UInt64) -> Int {
        Int((nanoseconds + 999_999_999) / 1_000_000_000)
    }
}

/// Limits how many requests each of many callers makes: the generic cell rate algorithm (GCRA), which keeps one moment for each.
///
/// It remembers at most `keysMax` callers. Who has nothing to make up for is forgotten where the room is needed, and who has is never:
/// whoever comes while there is no room shares one limit with all others who do. So nobody gets rid of what they owe by sending as
/// many others, and the memory is bounded.
package final class RateLimiter<Key: Hashable & Sendable>: Sendable {
    /// What became of a request.
    package struct Verdict: Sendable, Equatable {
        package let isAllowed: Bool
        /// How many more may come now.
        package let remaining: Int
        /// After how long as many as may come at once may come again, if none comes before; rounded up.
        package let fullSeconds: Int
        /// After how long the next may come, where this one may not; rounded up, at least 1.
        package let retryAfterSeconds: Int
    }

    private struct State {
        /// When each caller has made up for all that they asked: the algorithm's theoretical arrival time.
        var paidAt: [Key: UInt64] = [:]
        /// The same of all for whom there was no room.
        var othersPaidAt: UInt64 = 0
        var nextClearingAt: UInt64 = 0
    }

    /// 100 ms: a look at 10,000 callers takes some 100 µs, so at most a thousandth of a processor.
    private static var clearingIntervalNanoseconds: UInt64 { 100_000_000 }

    private let keysMax: Int
    private let clock: MonotonicClock
    private let state = Lock(State())

    /// - Parameters:
    ///   - keysMax: 10,000 are 1 MB. To keep them all busy, which makes strangers share a limit, takes 10,000 requests in the time
    ///     after which one caller may make one more.
    ///   - clock: tells how long ago a caller's requests were.
    package init(keysMax: Int = 10_000, clock: MonotonicClock = .system) {
        self.keysMax = keysMax
        self.clock = clock
    }

    /// How many callers it remembers.
    package var keyCount: Int { state.withLock { $0.paidAt.count } }

    /// Counts a request, unless it is one too many.
    package func take(_ key: Key, at rate: RequestRate) -> Verdict {
        let now = clock.uptimeNanoseconds
        return state.withLock { state in
            let known = state.paidAt[key]
            let hasRoom = known != nil || makeRoom(&state, at: now)
            let paidAt = hasRoom ? known ?? 0 : state.othersPaidAt
            let (verdict, next) = RateLimiter.verdict(at: now, paidAt: paidAt, rate)
            if !verdict.isAllowed { return verdict }
            if hasRoom { state.paidAt[key] = next } else { state.othersPaidAt = next }
            return verdict
        }
    }

    private static func verdict(at now: UInt64, paidAt: UInt64, _ rate: RequestRate) -> (Verdict, paidAt: UInt64) {
        let interval = rate.intervalNanoseconds
        let allowance = interval * UInt64(rate.burst)
        let owed = max(paidAt, now) - now
        guard owed + interval <= allowance else {
            let verdict = Verdict(
                isAllowed: false, remaining: 0, fullSeconds: RequestRate.seconds(owed),
                retryAfterSeconds: max(RequestRate.seconds(owed + interval - allowance), 1))
            return (verdict, paidAt)
        }
        let verdict = Verdict(
            isAllowed: true, remaining: Int((allowance - owed - interval) / interval),
            fullSeconds: RequestRate.seconds(owed + interval), retryAfterSeconds: 0)
        return (verdict, now + owed + interval)
    }

    private func makeRoom(_ state: inout State, at now: UInt64) -> Bool {
        if state.paidAt.count < keysMax { return true }
        guard now >= state.nextClearingAt else { return false }
        state.nextClearingAt = now + RateLimiter.clearingIntervalNanoseconds
        state.paidAt = state.paidAt.filter { $0.value > now }
        return state.paidAt.count < keysMax
    }
}
