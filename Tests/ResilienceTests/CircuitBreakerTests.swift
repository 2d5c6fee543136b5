import Concurrency
import ConcurrencyTesting
import Resilience
import SeededRandom
import Testing

@Suite struct CircuitBreakerTests {
    private let clock = ManualClock()
    private let changes = Lock<[CircuitBreaker.State]>([])

    private func breaker(_ settings: CircuitBreaker.Settings = CircuitBreaker.Settings()) -> CircuitBreaker {
        CircuitBreaker(settings, clock: clock.clock) { state in changes.withLock { $0.append(state) } }
    }

    private var told: [CircuitBreaker.State] { changes.withLock { $0 } }

    /// - Returns: whether it was let through.
    @discardableResult
    private func call(
        _ breaker: CircuitBreaker, _ outcome: CircuitBreaker.Outcome, lasting milliseconds: Int = 0
    ) -> Bool {
        guard case .call(let call) = breaker.admit() else { return false }
        clock.advance(milliseconds: milliseconds)
        breaker.end(call, outcome)
        return true
    }

    private func opened(_ settings: CircuitBreaker.Settings = CircuitBreaker.Settings()) -> CircuitBreaker {
        let breaker = breaker(settings)
        for _ in 0..<settings.callsMin { call(breaker, .failure) }
        return breaker
    }

    private func retryAfter(_ breaker: CircuitBreaker) -> Int? {
        if case .refused(let milliseconds) = breaker.admit() { milliseconds } else { nil }
    }

    @Test func `it opens where half of twenty calls have failed, and not before there are twenty`() {
        let breaker = breaker()
        for _ in 0..<10 { call(breaker, .success) }
        for _ in 0..<9 { #expect(call(breaker, .failure)) }
        #expect(breaker.state == .closed)
        #expect(call(breaker, .failure))
        #expect(breaker.state == .open && told == [.open])
        #expect(!call(breaker, .success))
    }

    @Test func `fewer failures than the share leave it closed`() {
        let breaker = breaker()
        for _ in 0..<200 {
            call(breaker, .success)
            call(breaker, .success)
            call(breaker, .failure)
        }
        #expect(breaker.state == .closed && told.isEmpty)
    }

    @Test func `slow calls open it as well, also those whose callers had no more time`() {
        var settings = CircuitBreaker.Settings()
        settings.slowMilliseconds = 100
        settings.windowMilliseconds = 60_000
        for outcome in [CircuitBreaker.Outcome.success, .unknown] {
            let breaker = breaker(settings)
            for _ in 0..<19 { call(breaker, outcome, lasting: 100) }
            #expect(breaker.state == .closed)
            call(breaker, outcome, lasting: 100)
            #expect(breaker.state == .open)
        }
        let quick = breaker(settings)
        for _ in 0..<100 { call(quick, .unknown, lasting: 99) }
        #expect(quick.state == .closed, "A caller in a hurry says nothing.")
    }

    @Test func `twenty in a row open it whatever was before them`() {
        for milliseconds in [0, 2000] {
            let breaker = breaker()
            for _ in 0..<1000 { call(breaker, .success) }
            for _ in 0..<19 { call(breaker, milliseconds == 0 ? .failure : .success, lasting: milliseconds) }
            call(breaker, .success)
            #expect(breaker.state == .closed)
            for _ in 0..<1000 { call(breaker, .success) }
            for _ in 0..<20 { call(breaker, milliseconds == 0 ? .failure : .success, lasting: milliseconds) }
            #expect(breaker.state == .open)
        }
    }

    @Test func `what lies longer ago than the window counts no more`() {
        let breaker = breaker()
        for _ in 0..<19 { call(breaker, .failure) }
        clock.advance(milliseconds: 11_000)
        call(breaker, .success)
        for _ in 0..<18 { call(breaker, .failure) }
        #expect(breaker.state == .closed)
        clock.advance(milliseconds: 8000)
        call(breaker, .failure)
        #expect(breaker.state == .open)
    }

    @Test func `an open one lets nothing through until its time is over, and says for how long`() {
        let breaker = opened()
        #expect(retryAfter(breaker) == 5000)
        clock.advance(milliseconds: 4999)
        #expect(retryAfter(breaker) == 1)
        clock.advance(milliseconds: 1)
        #expect(call(breaker, .success))
        #expect(breaker.state == .halfOpen && told == [.open, .halfOpen])
    }

    @Test func `three probes that succeed close it, and no more are under way at once`() {
        let breaker = opened()
        clock.advance(milliseconds: 5000)
        var probes: [CircuitBreaker.Call] = []
        for _ in 0..<10 { if case .call(let call) = breaker.admit() { probes.append(call) } }
        #expect(probes.count == 3)
        for probe in probes.prefix(2) { breaker.end(probe, .success) }
        #expect(breaker.state == .halfOpen && retryAfter(breaker) != nil)
        breaker.end(probes[2], .success)
        #expect(breaker.state == .closed && told == [.open, .halfOpen, .closed])
        for _ in 0..<19 { call(breaker, .failure) }
        #expect(breaker.state == .closed, "It begins anew.")
    }

    @Test func `a probe that fails or is slow opens it again for as long`() {
        for (outcome, milliseconds) in [(CircuitBreaker.Outcome.failure, 0), (.success, 2000), (.unknown, 2000)] {
            let breaker = opened()
            clock.advance(milliseconds: 5000)
            #expect(call(breaker, outcome, lasting: milliseconds))
            #expect(breaker.state == .open && retryAfter(breaker) == 5000)
        }
    }

    @Test func `a probe of which nothing can be said gives its place to another`() {
        let breaker = opened()
        clock.advance(milliseconds: 5000)
        for _ in 0..<20 { #expect(call(breaker, .unknown)) }
        #expect(breaker.state == .halfOpen)
        for _ in 0..<3 { #expect(call(breaker, .success)) }
        #expect(breaker.state == .closed)
    }

    @Test func `probes that never end do not keep it half-open`() {
        let breaker = opened()
        clock.advance(milliseconds: 5000)
        for _ in 0..<3 { _ = breaker.admit() }
        #expect(retryAfter(breaker) != nil)
        clock.advance(milliseconds: 5000)
        for _ in 0..<3 { #expect(call(breaker, .success)) }
        #expect(breaker.state == .closed)
    }

    @Test func `what began before a change tells nothing after it`() {
        let breaker = breaker()
        var early: [CircuitBreaker.Call] = []
        for _ in 0..<40 { if case .call(let call) = breaker.admit() { early.append(call) } }
        for call in early.prefix(20) { breaker.end(call, .failure) }
        #expect(breaker.state == .open)
        clock.advance(milliseconds: 5000)
        #expect(call(breaker, .success))
        for call in early.suffix(20) { breaker.end(call, .failure) }
        #expect(breaker.state == .halfOpen)
        for _ in 0..<2 { #expect(call(breaker, .success)) }
        #expect(breaker.state == .closed)
    }

    @Test func `whatever comes, more than three probes are never under way and it never stays shut`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let breaker = breaker()
        var underway: [CircuitBreaker.Call] = []
        for _ in 0..<20_000 {
            if Bool.random(using: &random), underway.count < 60, case .call(let call) = breaker.admit() {
                underway.append(call)
            } else if let index = underway.indices.randomElement(using: &random) {
                let outcome = [CircuitBreaker.Outcome.success, .failure, .unknown].randomElement(using: &random)
                breaker.end(underway.remove(at: index), outcome ?? .unknown)
            }
            clock.advance(milliseconds: Int.random(in: 0...300, using: &random))
        }
        for call in underway { breaker.end(call, .unknown) }
        clock.advance(milliseconds: 10_000)
        for _ in 0..<3 { #expect(call(breaker, .success), "seed \(seed)") }
        #expect(breaker.state == .closed, "seed \(seed)")
    }
}

@Suite struct RetryBudgetTests {
    @Test func `of many calls that fail a tenth is repeated, and what was saved up`() {
        let budget = RetryBudget()
        var count = 0
        for _ in 0..<1000 {
            budget.noteCall()
            for _ in 0..<2 where budget.takeRepetition() { count += 1 }
        }
        #expect(count == 20 + 99, "The first call finds the budget full.")
    }

    @Test func `no more is saved up than its limit`() {
        let budget = RetryBudget(percent: 50, repetitionsMax: 3)
        for _ in 0..<1000 { budget.noteCall() }
        #expect((0..<10).count { _ in budget.takeRepetition() } == 3)
    }
}
