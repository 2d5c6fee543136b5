import Concurrency
import Testing

@Suite struct DeadlineTests {
    @Test func `what is left counts down from what was given`() {
        let deadline = Deadline.after(milliseconds: 60_000)
        #expect(59_000..<60_000 ~= deadline.remainingMilliseconds || deadline.remainingMilliseconds == 60_000)
        #expect(!deadline.hasPassed)
    }

    @Test(arguments: [0, -1, Int.min]) func `no time is a deadline that has passed`(milliseconds: Int) {
        let deadline = Deadline.after(milliseconds: milliseconds)
        #expect(deadline.hasPassed)
        #expect(deadline.remainingMilliseconds == 0)
    }

    @Test func `a deadline of the past leaves nothing`() {
        let deadline = Deadline(uptimeNanoseconds: 1)
        #expect(deadline.hasPassed)
        #expect(deadline.remainingMilliseconds == 0)
    }

    @Test(arguments: [Int.max, Int.max / 1_000_000, 1 << 50]) func `a time without end stays in the future`(
        milliseconds: Int
    ) {
        let deadline = Deadline.after(milliseconds: milliseconds)
        #expect(!deadline.hasPassed)
        #expect(deadline > .after(milliseconds: 1_000_000_000))
    }

    @Test func `a cap shortens and never prolongs`() {
        let far = Deadline.after(milliseconds: 60_000)
        let near = Deadline.after(milliseconds: 10)
        #expect(far.capped(milliseconds: 1000).remainingMilliseconds <= 1000)
        #expect(near.capped(milliseconds: 60_000) == near)
    }

    @Test func `what a caller keeps for itself is taken off`() {
        let deadline = Deadline(uptimeNanoseconds: 5_000_000_000)
        #expect(deadline.earlier(milliseconds: 2000).uptimeNanoseconds == 3_000_000_000)
        #expect(deadline.earlier(milliseconds: 0) == deadline)
        #expect(deadline.earlier(milliseconds: -5) == deadline)
        #expect(deadline.earlier(milliseconds: 6000).uptimeNanoseconds == 0)
        #expect(deadline.earlier(milliseconds: .max).uptimeNanoseconds == 0)
    }

    @Test func `an earlier moment is less`() {
        #expect(Deadline(uptimeNanoseconds: 1) < Deadline(uptimeNanoseconds: 2))
        #expect(min(Deadline(uptimeNanoseconds: 2), Deadline(uptimeNanoseconds: 1)).uptimeNanoseconds == 1)
    }
}
