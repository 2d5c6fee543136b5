import BlockingTesting
import Concurrency
import ConcurrencyTesting
import Testing

@Suite(.blocking) struct MonotonicClockTests {
    @Test func `a moment has passed when the clock has come to it, and not before`() {
        let time = ManualClock()
        let moment = time.clock.after(milliseconds: 100)
        #expect(!time.clock.hasPassed(moment))
        time.advance(milliseconds: 99)
        #expect(!time.clock.hasPassed(moment))
        time.advance(milliseconds: 1)
        #expect(time.clock.hasPassed(moment))
        #expect(time.clock.hasPassed(time.clock.after(milliseconds: -1)))
    }

    @Test func `the system's clock is that of deadlines`() {
        let before = Deadline.nowUptimeNanoseconds()
        let shown = MonotonicClock.system.uptimeNanoseconds
        #expect(before...Deadline.nowUptimeNanoseconds() ~= shown)
    }

    @Test func `what is left on one clock is left on the system's`() {
        let time = ManualClock()
        let moment = time.clock.after(milliseconds: 60_000)
        #expect(50_000...60_000 ~= time.clock.systemDeadline(at: moment).remainingMilliseconds)
        time.advance(milliseconds: 60_000)
        #expect(time.clock.systemDeadline(at: moment).hasPassed)
        let never = Deadline(uptimeNanoseconds: .max)
        #expect(time.clock.systemDeadline(at: never) > .after(milliseconds: 1_000_000_000))
    }
}
