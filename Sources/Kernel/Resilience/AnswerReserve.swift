package import Concurrency

/// What is kept of a deadline for the answer: to make it, to send it, and for the threads on both sides to wake up.
package enum AnswerReserve {
    /// 50 ms: a hundred times what that takes on an idle machine, so that it holds on a busy one, and little of what callers
    /// usually wait.
    static let millisecondsMax = 50

    /// At most a tenth of the time there is: a short deadline is not used up by its reserve.
    package static func milliseconds(of remainingMilliseconds: Int) -> Int {
        min(millisecondsMax, max(remainingMilliseconds, 0) / 10)
    }
}

extension Deadline {
    /// The moment by which another service must have replied for this one's own answer to be in time.
    package var leavingTimeToAnswer: Deadline {
        earlier(milliseconds: AnswerReserve.milliseconds(of: remainingMilliseconds))
    }
}
