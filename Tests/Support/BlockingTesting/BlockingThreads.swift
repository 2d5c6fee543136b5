internal import Concurrency
private import Glibc

/// A fixed number of threads that run tasks which may block.
package final class BlockingThreads: TaskExecutor {
    /// Tests wait for databases, sockets and processes most of their time, hence more threads than cores; but what they wait for
    /// needs the same cores, and some of it has deadlines, hence not many more.
    package static let many = BlockingThreads(count: 4)

    /// For tests that each start several processes, and let them race: a few of their own, for there are enough such tests to keep
    /// every other waiting.
    package static let systems = BlockingThreads(count: 2)

    private let jobs = Lock<[UnownedJob]>([])
    private let threads = Lock<Set<pthread_t>>([])

    private init(count: Int) {
        for _ in 0..<count {
            // As much stack as the threads of Swift's pool have.
            let thread = Thread.start(stackBytes: 8 << 20) { [self] in run() }
            guard let thread else { preconditionFailure("The system has no thread left for the tests.") }
            thread.detach()
        }
    }

    /// Whether this is one of the threads.
    package var isCurrent: Bool { threads.withLock { $0.contains(pthread_self()) } }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        jobs.signal()
    }

    /// The latest first: whoever goes on after an `await` stands before all those that have not begun.
    private func run() {
        threads.withLock { _ = $0.insert(pthread_self()) }
        while let job = jobs.wait(untilUptimeNanoseconds: nil, for: { $0.popLast() }) {
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
