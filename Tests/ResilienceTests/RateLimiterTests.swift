import ConcurrencyTesting
import Resilience
import SeededRandom
import Testing

@Suite struct RateLimiterTests {
    private let time = ManualClock()

    private func limiter(keysMax: Int = 10) -> RateLimiter<String> {
        RateLimiter(keysMax: keysMax, clock: time.clock)
    }

    /// How many of `count` requests at once are let in.
    private func taken(_ limiter: RateLimiter<String>, _ key: String, _ rate: RequestRate, of count: Int) -> Int {
        (1...count).count { _ in limiter.take(key, at: rate).isAllowed }
    }

    @Test func `so many requests come at once, and then one at a time`() {
        let (limiter, rate) = (limiter(), RequestRate(requests: 6, windowSeconds: 60))
        let verdicts = (1...7).map { _ in limiter.take("a", at: rate) }
        #expect(verdicts.map(\.isAllowed) == [true, true, true, true, true, true, false])
        #expect(verdicts.map(\.remaining) == [5, 4, 3, 2, 1, 0, 0])
        #expect(verdicts.map(\.fullSeconds) == [10, 20, 30, 40, 50, 60, 60])
        #expect(verdicts[6].retryAfterSeconds == 10)
        time.advance(milliseconds: 9999)
        #expect(!limiter.take("a", at: rate).isAllowed)
        time.advance(milliseconds: 1)
        #expect(taken(limiter, "a", rate, of: 3) == 1)
        time.advance(milliseconds: 3_600_000)
        #expect(taken(limiter, "a", rate, of: 10) == 6, "What was not used is not saved up beyond the burst.")
    }

    @Test func `a refused request costs nothing, and whoever waits as long as is said is let in`() {
        let (limiter, rate) = (limiter(), RequestRate(requests: 7, windowSeconds: 3, burst: 2))
        for _ in 1...50 {
            _ = taken(limiter, "a", rate, of: 5)
            let refused = limiter.take("a", at: rate)
            #expect(!refused.isAllowed && refused.retryAfterSeconds == 1)
            time.advance(milliseconds: refused.retryAfterSeconds * 1000)
            #expect(limiter.take("a", at: rate).isAllowed)
        }
    }

    @Test func `a limit with a smaller burst names what may come at once and after how long that is back`() {
        let (limiter, rate) = (limiter(), RequestRate(requests: 100, windowSeconds: 60, burst: 10))
        #expect(rate.burst == 10 && rate.fullSeconds == 6)
        #expect(taken(limiter, "a", rate, of: 20) == 10)
        time.advance(milliseconds: 600)
        #expect(taken(limiter, "a", rate, of: 20) == 1)
    }

    @Test func `no caller takes from another's limit`() {
        let (limiter, rate) = (limiter(), RequestRate(requests: 2, windowSeconds: 60))
        #expect(taken(limiter, "a", rate, of: 5) == 2)
        #expect(taken(limiter, "b", rate, of: 5) == 2)
    }

    @Test func `in any time no more are let in than the burst and what came back`() {
        var random = SeededRandom("requests at any time")
        let (limiter, rate) = (limiter(), RequestRate(requests: 30, windowSeconds: 10, burst: 7))
        var (elapsed, count) = (0, 0)
        for _ in 1...5000 {
            let pause = Int.random(in: 0...400, using: &random)
            time.advance(milliseconds: pause)
            elapsed += pause
            if limiter.take("a", at: rate).isAllowed { count += 1 }
            #expect(Double(count) <= 7 + Double(elapsed) * 3 / 1000 + 0.001)
        }
        #expect(Double(count) > Double(elapsed) * 3 / 1000 * 0.9)
    }

    @Test func `who has nothing to make up for is forgotten where the room is needed`() {
        let (limiter, rate) = (limiter(keysMax: 3), RequestRate(requests: 60, windowSeconds: 60))
        for key in ["a", "b", "c"] { _ = limiter.take(key, at: rate) }
        time.advance(milliseconds: 1000)
        for key in ["d", "e"] { #expect(limiter.take(key, at: rate).remaining == 59) }
        #expect(limiter.keyCount == 2)
    }

    @Test func `any number of strangers neither makes a caller's debt forgotten nor takes more memory`() {
        let (limiter, rate) = (limiter(keysMax: 100), RequestRate(requests: 5, windowSeconds: 60))
        #expect(taken(limiter, "busy", rate, of: 9) == 5)
        var strangers = 0
        for number in 1...10_000 where limiter.take("stranger \(number)", at: rate).isAllowed { strangers += 1 }
        #expect(limiter.keyCount == 100)
        #expect(strangers == 99 + 5, "Those for whom there is no room share one limit.")
        #expect(!limiter.take("busy", at: rate).isAllowed)
        time.advance(milliseconds: 12_000)
        #expect(limiter.take("busy", at: rate).isAllowed)
        #expect(limiter.take("newcomer", at: rate).remaining == 4, "The others have made up for theirs.")
    }

    @Test func `numbers beyond the ranges count as the nearest within`() {
        let rate = RequestRate(requests: .max, windowSeconds: .max, burst: .max)
        #expect(rate == RequestRate(requests: 1_000_000, windowSeconds: 3600))
        let slowest = RequestRate(requests: 0, windowSeconds: .max, burst: .max)
        #expect(slowest.requests == 1 && slowest.fullSeconds == 3_600_000_000)
        #expect(limiter().take("a", at: slowest).isAllowed)
    }
}
