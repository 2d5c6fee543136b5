import HTTPMessages

/// When a delivery that failed is sent again.
struct RetrySchedule: Sendable, Equatable {
    static let defaultText = "0,1,5,30,300,1800,7200,18000,36000,36000"
    /// 20 attempts, a week apart at most.
    private static let countMax = 20
    private static let secondsMax = 604_800
    /// 1 h: what a `Retry-After` may ask for.
    static let retryAfterSecondsMax = 3600
    /// A fifth, either way, so that what failed together does not come back together.
    private static let jitterDivisor = 5

    /// The pauses before the second attempt and those after it.
    private let pausesSeconds: [Int]

    /// - Parameter text: the seconds before each attempt, separated by commas. The first attempt is made at once: a 0 at the beginning
    ///   stands for it, and may be left out.
    init?(_ text: String) {
        let parts = HeaderFields.members(of: text)
        let seconds = parts.compactMap { Int($0) }
        guard seconds.count == parts.count, 1...RetrySchedule.countMax ~= seconds.count,
            seconds.allSatisfy({ 0...RetrySchedule.secondsMax ~= $0 })
        else { return nil }
        pausesSeconds = seconds.first == 0 ? Array(seconds.dropFirst()) : seconds
    }

    var attemptsMax: Int { pausesSeconds.count + 1 }

    /// - Parameters:
    ///   - tryCount: the attempts so far, the one included that has just failed.
    ///   - retryAfterSeconds: what the endpoint asks for.
    ///   - random: gives a number in a range; a test passes its own.
    /// - Returns: the pause, or nil when there is no other attempt.
    func pauseMilliseconds(
        afterTry tryCount: Int, retryAfterSeconds: Int? = nil,
        random: (ClosedRange<Int>) -> Int = { Int.random(in: $0) }
    ) -> Int? {
        guard tryCount >= 1, tryCount <= pausesSeconds.count else { return nil }
        let pause = pausesSeconds[tryCount - 1] * 1000
        let jitter = pause / RetrySchedule.jitterDivisor
        let asked = min(max(retryAfterSeconds ?? 0, 0), RetrySchedule.retryAfterSecondsMax) * 1000
        return max(pause + random(-jitter...jitter), asked)
    }
}
