import Concurrency
import Resilience
import SeededRandom
import Testing

@Suite struct RetryPolicyTests {
    private let later = Deadline.after(milliseconds: 1_000_000)

    /// The ceilings that the policy asks a random number below, attempt by attempt.
    private func ceilings(_ policy: RetryPolicy, attempts: Int) -> [Int?] {
        (1...attempts).map { policy.pauseMilliseconds(afterAttempt: $0, by: later, random: { $0 }) }
    }

    @Test func `the ceiling doubles with each attempt up to the cap`() {
        let policy = RetryPolicy(attemptsMax: 8, baseMilliseconds: 50, capMilliseconds: 1000)
        #expect(ceilings(policy, attempts: 7) == [50, 100, 200, 400, 800, 1000, 1000])
    }

    @Test func `by default there are three attempts after at most 50 and 100 milliseconds`() {
        #expect(ceilings(RetryPolicy(), attempts: 4) == [50, 100, nil, nil])
    }

    @Test func `one attempt is never repeated`() {
        #expect(RetryPolicy(attemptsMax: 1).pauseMilliseconds(afterAttempt: 1, by: later) == nil)
    }

    @Test func `the cap holds for attempts without end`() {
        let policy = RetryPolicy(attemptsMax: .max, baseMilliseconds: 1000, capMilliseconds: 60_000)
        #expect(policy.pauseMilliseconds(afterAttempt: 1_000_000, by: later, random: { $0 }) == 60_000)
    }

    @Test func `the pause may be nothing at all`() {
        #expect(RetryPolicy().pauseMilliseconds(afterAttempt: 1, by: later, random: { _ in 0 }) == 0)
    }

    @Test func `what the other side asked for is never shortened`() {
        let policy = RetryPolicy()
        #expect(
            policy.pauseMilliseconds(afterAttempt: 1, atLeastMilliseconds: 2000, by: later, random: { _ in 0 }) == 2000)
        #expect(
            policy.pauseMilliseconds(afterAttempt: 1, atLeastMilliseconds: 10, by: later, random: { _ in 37 }) == 37)
        // Longer than the cap, too: the cap is for pauses of our own choice.
        #expect(policy.pauseMilliseconds(afterAttempt: 2, atLeastMilliseconds: 30_000, by: later) == 30_000)
    }

    @Test func `a pause that would end after the deadline is none`() {
        let policy = RetryPolicy()
        let soon = Deadline.after(milliseconds: 1500)
        #expect(policy.pauseMilliseconds(afterAttempt: 1, atLeastMilliseconds: 1500, by: soon) == nil)
        #expect(policy.pauseMilliseconds(afterAttempt: 1, atLeastMilliseconds: 60_000, by: soon) == nil)
        #expect(policy.pauseMilliseconds(afterAttempt: 1, by: .after(milliseconds: 0), random: { _ in 0 }) == nil)
    }

    @Test func `random pauses fill the range and never leave it`() throws {
        var random = SeededRandom("retry pauses")
        let policy = RetryPolicy(attemptsMax: 10)
        var seen: Set<Int> = []
        for _ in 0..<2000 {
            let drawn = UInt64.random(in: 0...UInt64.max, using: &random)
            let pause = try #require(
                policy.pauseMilliseconds(afterAttempt: 1, by: later, random: { Int(drawn % UInt64($0 + 1)) }))
            seen.insert(pause)
        }
        #expect(seen == Set(0...50))
    }

    @Test func `without a source of its own the range is the same`() {
        let pauses = (0..<500).compactMap { _ in RetryPolicy().pauseMilliseconds(afterAttempt: 2, by: later) }
        #expect(pauses.count == 500)
        #expect(pauses.allSatisfy { 0...100 ~= $0 })
        #expect(Set(pauses).count > 20)
    }
}
