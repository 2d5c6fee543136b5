import BlockingTesting
import Concurrency
import ConcurrencyTesting
import Glibc
import Testing

@Suite(.blocking) struct LockTests {
    @Test func `eight threads lose no change`() throws {
        let counter = Lock(0)
        let threads = try (0..<8).map { _ in
            try #require(
                Thread.start {
                    for _ in 0..<10_000 { counter.withLock { $0 += 1 } }
                })
        }
        threads.forEach { $0.join() }
        #expect(counter.withLock { $0 } == 80_000)
    }

    @Test func `no two threads are inside at once`() throws {
        struct Inside {
            var now = 0
            var most = 0
        }
        let inside = Lock(Inside())
        let entries = Lock(0)
        let threads = try (0..<8).map { _ in
            try #require(
                Thread.start {
                    for _ in 0..<200 {
                        inside.withLock { state in
                            state.now += 1
                            state.most = max(state.most, state.now)
                            sched_yield()
                            state.now -= 1
                        }
                        entries.withLock { $0 += 1 }
                    }
                })
        }
        threads.forEach { $0.join() }
        #expect(inside.withLock { $0.most } == 1)
        #expect(entries.withLock { $0 } == 1600)
    }

    @Test func `an error leaves the lock free`() {
        struct Failure: Error {}
        let lock = Lock(1)
        #expect(throws: Failure.self) {
            try lock.withLock { state in
                state = 2
                throw Failure()
            }
        }
        #expect(lock.withLock { $0 } == 2)
    }

    @Test func `a wait ends at once when there is a value`() {
        let lock = Lock(5)
        #expect(lock.wait(untilUptimeNanoseconds: 0) { $0 == 5 ? "five" : nil } == "five")
    }

    @Test func `a wait without a signal ends at its time and not before`() {
        let lock = Lock(false)
        let start = uptimeNanoseconds()
        let limit = start + 50_000_000
        #expect(lock.wait(untilUptimeNanoseconds: limit) { $0 ? true : nil } == nil)
        #expect(uptimeNanoseconds() >= limit)
    }

    @Test func `a signal wakes a waiting thread`() throws {
        let lock = Lock((value: 0, isWaitedFor: false))
        let signaller = try #require(
            Thread.start {
                // The lock is free only once the other thread waits.
                _ = comesTrue { lock.withLock { $0.isWaitedFor } }
                lock.withLock { $0.value = 7 }
                lock.signal()
            })
        let value = lock.wait(untilUptimeNanoseconds: uptimeNanoseconds() + 30_000_000_000) { state -> Int? in
            state.isWaitedFor = true
            return state.value == 0 ? nil : state.value
        }
        #expect(value == 7)
        signaller.join()
    }

    @Test func `a broadcast wakes all that wait without limit`() throws {
        let gate = Lock((isOpen: false, looks: 0))
        let passed = Lock(0)
        let threads = try (0..<8).map { _ in
            try #require(
                Thread.start {
                    _ = gate.wait(untilUptimeNanoseconds: nil) { state -> Bool? in
                        state.looks += 1
                        return state.isOpen ? true : nil
                    }
                    passed.withLock { $0 += 1 }
                })
        }
        #expect(comesTrue { gate.withLock { $0.looks == 8 } })
        #expect(passed.withLock { $0 } == 0)
        gate.withLock { $0.isOpen = true }
        gate.broadcast()
        threads.forEach { $0.join() }
        #expect(passed.withLock { $0 } == 8)
    }

    @Test func `a value is taken by one of those that wait for it`() throws {
        let items = Lock<[Int]>([])
        let taken = Lock<[Int]>([])
        let threads = try (0..<4).map { _ in
            try #require(
                Thread.start {
                    while let item = items.wait(untilUptimeNanoseconds: nil, for: { $0.popLast() }), item >= 0 {
                        taken.withLock { $0.append(item) }
                    }
                })
        }
        for item in 0..<1000 {
            items.withLock { $0.insert(item, at: 0) }
            items.signal()
        }
        items.withLock { $0.insert(contentsOf: [-1, -1, -1, -1], at: 0) }
        items.broadcast()
        threads.forEach { $0.join() }
        #expect(taken.withLock { $0.sorted() } == Array(0..<1000))
    }
}

func uptimeNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
