import BlockingTesting
import Concurrency
import HTTPMessages
import Testing

@testable import EpollHTTPServer

@Suite(.blocking) struct WorkerPoolTests {
    /// Jobs that stay where they are until they are let go.
    private struct Held: Sendable {
        private struct State {
            var begun = 0
            var isLetGo = false
        }

        private let state = Lock(State())

        func begin() {
            state.withLock { $0.begun += 1 }
            state.broadcast()
            _ = state.wait(untilUptimeNanoseconds: Deadline.after(milliseconds: 20_000).uptimeNanoseconds) {
                $0.isLetGo ? true : nil
            }
        }

        func letGo() {
            state.withLock { $0.isLetGo = true }
            state.broadcast()
        }

        func haveBegun(_ count: Int, withinMilliseconds milliseconds: Int) -> Bool {
            let limit = Deadline.after(milliseconds: milliseconds).uptimeNanoseconds
            return state.wait(untilUptimeNanoseconds: limit) { $0.begun == count ? true : nil } ?? false
        }

        var begun: Int { state.withLock { $0.begun } }
    }

    private static func pool(
        workersMax: Int, activeMax: Int, activeMilliseconds: Int, run: @escaping @Sendable (Int) -> Void
    ) throws -> WorkerPool<Int> {
        let pool = WorkerPool<Int>(
            workersMax: workersMax, activeMax: activeMax, activeMilliseconds: activeMilliseconds, queueMax: 1000
        ) { job, _ in run(job) }
        try #require(pool.start())
        return pool
    }

    private static func submit(_ jobs: Range<Int>, to pool: WorkerPool<Int>) {
        for job in jobs { _ = pool.submit(job, RequestClass(.ordinary, caller: "")) }
    }

    @Test func `jobs that come together are worked on together, by as many workers as there are`() throws {
        let held = Held()
        let pool = try WorkerPoolTests.pool(workersMax: 16, activeMax: 16, activeMilliseconds: 60_000) { _ in
            held.begin()
        }
        WorkerPoolTests.submit(0..<17, to: pool)
        #expect(held.haveBegun(16, withinMilliseconds: 5000))
        #expect(pool.isBusy)
        #expect(pool.close() == [16])
        held.letGo()
        #expect(pool.join(by: .after(milliseconds: 20_000)))
    }

    @Test func `no more jobs are active at once than may be`() throws {
        let held = Held()
        let pool = try WorkerPoolTests.pool(workersMax: 16, activeMax: 3, activeMilliseconds: 60_000) { _ in
            held.begin()
        }
        WorkerPoolTests.submit(0..<8, to: pool)
        #expect(held.haveBegun(3, withinMilliseconds: 5000))
        #expect(!held.haveBegun(4, withinMilliseconds: 300))
        #expect(pool.queued == 5)
        #expect(pool.isBusy)
        held.letGo()
        #expect(held.haveBegun(8, withinMilliseconds: 5000))
        #expect(pool.close().isEmpty)
        #expect(pool.join(by: .after(milliseconds: 20_000)))
    }

    @Test func `jobs that are stuck keep no others from being begun`() throws {
        let held = Held()
        let pool = try WorkerPoolTests.pool(workersMax: 16, activeMax: 3, activeMilliseconds: 5) { _ in held.begin() }
        WorkerPoolTests.submit(0..<17, to: pool)
        #expect(held.haveBegun(16, withinMilliseconds: 5000))
        #expect(pool.close() == [16])
        held.letGo()
        #expect(pool.join(by: .after(milliseconds: 20_000)))
    }

    @Test(arguments: [(32, 32), (32, 10), (2, 1)])
    func `every job is run once, however many threads submit them`(workersMax: Int, activeMax: Int) throws {
        let counts = Lock([Int](repeating: 0, count: 40_000))
        let pool = try WorkerPoolTests.pool(workersMax: workersMax, activeMax: activeMax, activeMilliseconds: 20) {
            job in
            counts.withLock { $0[job] += 1 }
            counts.broadcast()
        }
        // Each waits for its jobs before it submits more, so that workers rest and are woken all the time.
        let submitters = (0..<4).map { submitter in
            Thread.start {
                for start in stride(from: submitter * 10_000, to: (submitter + 1) * 10_000, by: 4) {
                    for job in start..<start + 4 {
                        if case .queued = pool.submit(job, RequestClass(.ordinary, caller: "")) { continue }
                        Issue.record("a job was refused")
                    }
                    let limit = Deadline.after(milliseconds: 20_000).uptimeNanoseconds
                    for job in start..<start + 4 {
                        let isDone = counts.wait(untilUptimeNanoseconds: limit) { $0[job] > 0 ? true : nil }
                        if isDone != true {
                            Issue.record("job \(job) was not begun")
                            return
                        }
                    }
                }
            }
        }
        for submitter in submitters { try #require(submitter).join() }
        #expect(pool.close().isEmpty)
        #expect(pool.join(by: .after(milliseconds: 20_000)))
        #expect(counts.withLock { $0.allSatisfy { $0 == 1 } })
    }
}
