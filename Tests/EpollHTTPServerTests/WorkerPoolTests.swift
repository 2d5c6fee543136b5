import BlockingTesting
import Concurrency
import HTTPMessages
import Testing

@testable import EpollHTTPServer

@Suite(.blocking) struct WorkerPoolTests {
    @Test func `jobs that come together are worked on together, by as many workers as there are`() throws {
        let count = 16
        let working = Lock(0)
        let pool = WorkerPool<Int>(queueMax: 64) { _, _ in
            working.withLock { $0 += 1 }
            working.broadcast()
            _ = working.wait(untilUptimeNanoseconds: Deadline.after(milliseconds: 10_000).uptimeNanoseconds) {
                $0 == count ? true : nil
            }
        }
        try #require(pool.start(count: count))
        for job in 0..<count { _ = pool.submit(job, RequestClass(.ordinary, caller: "")) }
        let allWork = working.wait(untilUptimeNanoseconds: Deadline.after(milliseconds: 5000).uptimeNanoseconds) {
            $0 == count ? true : nil
        }
        #expect(allWork == true)
        #expect(pool.close().isEmpty)
        #expect(pool.join(by: .after(milliseconds: 20_000)))
    }
}
