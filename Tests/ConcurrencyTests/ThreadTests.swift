import BlockingTesting
import Concurrency
import Glibc
import Testing

@Suite(.blocking) struct ThreadTests {
    @Test func `join returns when the thread has ended`() throws {
        let mayEnd = Lock(false)
        let isDone = Lock(false)
        let thread = try #require(
            Thread.start {
                _ = mayEnd.wait(untilUptimeNanoseconds: uptimeNanoseconds() + 30_000_000_000) { $0 ? true : nil }
                isDone.withLock { $0 = true }
            })
        #expect(!isDone.withLock { $0 })
        mayEnd.withLock { $0 = true }
        mayEnd.signal()
        thread.join()
        #expect(isDone.withLock { $0 })
    }

    @Test func `a body runs on a thread of its own`() throws {
        let handle = Lock<pthread_t?>(nil)
        let thread = try #require(Thread.start { handle.withLock { $0 = pthread_self() } })
        thread.join()
        let other = try #require(handle.withLock { $0 })
        #expect(pthread_equal(other, pthread_self()) == 0)
    }

    @Test func `what a body holds is let go when it has run`() throws {
        final class Resource: Sendable {}
        func start(holding resource: Resource) -> Thread? { Thread.start { withExtendedLifetime(resource) {} } }
        var resource = Resource()
        weak let trace = resource
        let thread = try #require(start(holding: resource))
        resource = Resource()
        thread.join()
        #expect(trace == nil)
    }

    @Test func `a hundred threads can be had at once`() throws {
        let gate = Lock(false)
        let threads = try (0..<100).map { _ in
            try #require(Thread.start { _ = gate.wait(untilUptimeNanoseconds: nil) { $0 ? true : nil } })
        }
        gate.withLock { $0 = true }
        gate.broadcast()
        threads.forEach { $0.join() }
    }

    @Test func `sleep lasts as long as it was asked to`() {
        let start = uptimeNanoseconds()
        Thread.sleep(milliseconds: 30)
        #expect(uptimeNanoseconds() - start >= 30_000_000)
    }
}
