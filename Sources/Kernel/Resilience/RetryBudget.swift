private import Concurrency

/// How many repetitions all callers of one dependency may add to what they ask it anyway, so that a dependency which fails is asked
/// little more often than one which does not.
package final class RetryBudget: Sendable {
    private static let repetitionCost = 100

    private let percent: Int
    private let savedMax: Int
    private let saved: Lock<Int>

    /// 10 % of the calls, and 20 to begin with and to save up: enough for the connections that a restart breaks.
    ///
    /// - Parameters:
    ///   - percent: what each call adds, of a repetition.
    ///   - repetitionsMax: how many repetitions may be saved up.
    package init(percent: Int = 10, repetitionsMax: Int = 20) {
        self.percent = percent
        savedMax = repetitionsMax * RetryBudget.repetitionCost
        saved = Lock(savedMax)
    }

    /// How many repetitions may be made now; a part of one has been saved up for the next.
    package var repetitions: Double { Double(saved.withLock { $0 }) / Double(RetryBudget.repetitionCost) }

    /// Notes a call, repetitions not counted.
    package func noteCall() { saved.withLock { $0 = min($0 + percent, savedMax) } }

    /// - Returns: whether a repetition may be made; then it has been paid for.
    package func takeRepetition() -> Bool {
        saved.withLock { saved in
            guard saved >= RetryBudget.repetitionCost else { return false }
            saved -= RetryBudget.repetitionCost
            return true
        }
    }
}
