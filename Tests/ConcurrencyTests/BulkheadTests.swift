import BlockingTesting
import Concurrency
import ConcurrencyTesting
import Resilience
import Testing

@Suite(.blocking) struct BulkheadTests {
    private struct Failure: Error {}

    /// Takes places until the test opens them again.
    private final class Holders {
        private let isOver = Lock(false)
        private var threads: [Thread] = []

        func hold(_ bulkhead: Bulkhead, count: Int = 1) {
            let target = bulkhead.callerCount + count
            for _ in 0..<count {
                let thread = Thread.start { [isOver] in
                    _ = bulkhead.run(by: .after(milliseconds: 20_000)) {
                        _ = isOver.wait(untilUptimeNanoseconds: Deadline.after(milliseconds: 20_000).uptimeNanoseconds)
                        {
                            $0 ? true : nil
                        }
                    }
                }
                if let thread { threads.append(thread) }
            }
            #expect(comesTrue { bulkhead.callerCount >= target })
        }

        func end() {
            isOver.withLock { $0 = true }
            isOver.broadcast()
            for thread in threads { thread.join() }
            threads = []
        }
    }

    private func milliseconds(_ body: () -> Void) -> Int {
        let start = Deadline.nowUptimeNanoseconds()
        body()
        return Int((Deadline.nowUptimeNanoseconds() - start) / 1_000_000)
    }

    @Test func `a place is given back, whatever the body does`() {
        let bulkhead = Bulkhead(callersMax: 1, patienceMilliseconds: 10)
        #expect(bulkhead.run(by: .after(milliseconds: 1000)) { bulkhead.callerCount } == 1)
        #expect(throws: Failure.self) {
            try bulkhead.run(by: .after(milliseconds: 1000)) { () throws(Failure) in throw Failure() }
        }
        #expect(bulkhead.callerCount == 0)
        #expect(bulkhead.run(by: .after(milliseconds: 1000)) { true } == true)
    }

    @Test func `behind a slow dependency nobody waits`() {
        let time = ManualClock()
        let bulkhead = Bulkhead(callersMax: 2, patienceMilliseconds: 100, clock: time.clock)
        let holders = Holders()
        holders.hold(bulkhead, count: 2)
        defer { holders.end() }
        time.advance(milliseconds: 100)
        let refusal = milliseconds {
            for _ in 0..<100 { #expect(bulkhead.run(by: .after(milliseconds: 10_000)) { true } == nil) }
        }
        #expect(refusal < 1000, "100 refusals took \(refusal) ms.")
    }

    @Test func `until a dependency counts as slow a place is waited for, and got when one comes free`() {
        let time = ManualClock()
        let bulkhead = Bulkhead(callersMax: 1, patienceMilliseconds: 10_000, clock: time.clock)
        let holders = Holders()
        holders.hold(bulkhead)
        let result = Lock<Bool?>(nil)
        let waiter = Thread.start {
            let value = bulkhead.run(by: .after(milliseconds: 20_000)) { true }
            result.withLock { $0 = value }
        }
        #expect(time.looks.wait { $0 == 2 }, "The holder enters, the other finds no place.")
        #expect(result.withLock { $0 } == nil)
        holders.end()
        waiter?.join()
        #expect(result.withLock { $0 } == true)
    }

    @Test func `the wait ends with the caller's own deadline`() {
        let bulkhead = Bulkhead(callersMax: 1, patienceMilliseconds: 10_000)
        let holders = Holders()
        holders.hold(bulkhead)
        defer { holders.end() }
        let wait = milliseconds { #expect(bulkhead.run(by: .after(milliseconds: 100)) { true } == nil) }
        #expect(100...3000 ~= wait)
    }

    @Test func `one call that hangs does not make a dependency slow`() {
        let time = ManualClock()
        let bulkhead = Bulkhead(callersMax: 4, patienceMilliseconds: 300, clock: time.clock)
        let hanging = Holders()
        hanging.hold(bulkhead)
        defer { hanging.end() }
        time.advance(milliseconds: 300)
        let quick = Holders()
        quick.hold(bulkhead, count: 3)
        let result = Lock<Bool?>(nil)
        let waiter = Thread.start {
            let value = bulkhead.run(by: .after(milliseconds: 10_000)) { true }
            result.withLock { $0 = value }
        }
        #expect(time.looks.wait { $0 == 5 }, "Four have entered, the fifth finds no place.")
        quick.end()
        waiter?.join()
        #expect(result.withLock { $0 } == true)
    }

    @Test func `of callers who come at once none waits longer than the dependency may be slow`() {
        for round in 0..<300 {
            let bulkhead = Bulkhead(callersMax: 2, patienceMilliseconds: 1)
            let isOpen = Lock(false)
            let refused = Lock(0)
            let limit = Deadline.after(milliseconds: 5000)
            let threads = (0..<6).compactMap { _ in
                Thread.start {
                    _ = isOpen.wait(untilUptimeNanoseconds: limit.uptimeNanoseconds) { $0 ? true : nil }
                    let isRun: Bool? = bulkhead.run(by: limit) {
                        refused.wait(untilUptimeNanoseconds: limit.uptimeNanoseconds) { $0 == 4 ? true : nil } ?? false
                    }
                    guard isRun == nil else { return }
                    refused.withLock { $0 += 1 }
                    refused.broadcast()
                }
            }
            isOpen.withLock { $0 = true }
            isOpen.broadcast()
            for thread in threads { thread.join() }
            #expect(refused.withLock { $0 } == 4)
            #expect(!limit.hasPassed, "in round \(round)")
            if limit.hasPassed { return }
        }
    }

    @Test func `there are never more inside than may be, and every caller gets in where all are quick`() {
        let bulkhead = Bulkhead(callersMax: 3, patienceMilliseconds: 10_000)
        let state = Lock((inside: 0, most: 0, done: 0))
        let threads = (0..<24).compactMap { _ in
            Thread.start {
                for _ in 0..<20 {
                    let isRun: Bool? = bulkhead.run(by: .after(milliseconds: 20_000)) {
                        state.withLock { state in
                            state.inside += 1
                            state.most = max(state.most, state.inside)
                        }
                        Thread.sleep(milliseconds: 1)
                        state.withLock { $0.inside -= 1 }
                        return true
                    }
                    if isRun == true { state.withLock { $0.done += 1 } }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(state.withLock { $0.most } == 3)
        #expect(state.withLock { $0.done } == 24 * 20)
    }
}
