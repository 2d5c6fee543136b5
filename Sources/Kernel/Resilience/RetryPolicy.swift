package import Concurrency

/// How often, and after what pauses, something that failed is tried again.
///
/// Pauses follow "full jitter": a random time between nothing and a ceiling that doubles with each attempt, so that
/// clients which failed together do not come back together.
package struct RetryPolicy: Sendable {
    /// Attempts in all, the first included.
    package var attemptsMax: Int
    /// The ceiling of the first pause.
    package var baseMilliseconds: Int
    /// The ceiling that no pause passes.
    package var capMilliseconds: Int

    /// 3 attempts after at most 50 ms and 100 ms: enough for a connection that was just closed or a process that
    /// restarts, few enough that a dependency which is down sees little of them.
    package init(attemptsMax: Int = 3, baseMilliseconds: Int = 50, capMilliseconds: Int = 1000) {
        self.attemptsMax = attemptsMax
        self.baseMilliseconds = baseMilliseconds
        self.capMilliseconds = capMilliseconds
    }

    /// The pause before the next attempt, or nil when there must be none: attempts are used up, or the pause would end
    /// at or after `deadline`.
    ///
    /// - Parameters:
    ///   - attempt: the attempt that just failed, counted from 1.
    ///   - atLeastMilliseconds: what the other side asked for (`Retry-After`); never shortened.
    ///   - random: gives a number in `0...n`; a test passes its own.
    package func pauseMilliseconds(
        afterAttempt attempt: Int,
        atLeastMilliseconds: Int = 0,
        by deadline: Deadline,
        random: (Int) -> Int = { Int.random(in: 0...$0) }
    ) -> Int? {
        guard attempt < attemptsMax else { return nil }
        let doublings = min(attempt - 1, 20)
        let ceiling = min(baseMilliseconds << doublings, capMilliseconds)
        let pause = max(random(ceiling), atLeastMilliseconds)
        return pause < deadline.remainingMilliseconds ? pause : nil
    }
}
