internal import Concurrency
internal import HTTPMessages

/// A fixed number of threads that run jobs from a bounded queue.
final class WorkerPool<Job: Sendable>: Sendable {
    private struct State {
        var queue: AdmissionQueue<Job>
        var living = 0
        var asleep = 0
        /// Those of them that have been woken and have not looked at the queue yet.
        var waking = 0
        var isOpen = true
    }

    private let state: Lock<State>
    private let threads = Lock<[Thread]>([])
    private let run: @Sendable (Job, WorkerPool<Job>) -> Void

    /// - Parameter run: given the pool as well, for jobs that lead to others.
    init(queueMax: Int, run: @escaping @Sendable (Job, WorkerPool<Job>) -> Void) {
        state = Lock(State(queue: AdmissionQueue(countMax: max(queueMax, 1))))
        self.run = run
    }

    /// Starts the threads; false when the system has none left, and then none of them stays.
    func start(count: Int) -> Bool {
        for _ in 0..<count {
            state.withLock { $0.living += 1 }
            guard let thread = Thread.start({ [self] in work() }) else {
                state.withLock { $0.living -= 1 }
                _ = close()
                join(by: .after(milliseconds: 1000))
                return false
            }
            threads.withLock { $0.append(thread) }
        }
        return true
    }

    /// Whether a job that comes now would wait.
    var isBusy: Bool { state.withLock { $0.queue.count >= $0.asleep } }

    /// Queues a job.
    ///
    /// - Returns: whether it was, and whether another was given up for it; refused when the pool is closed.
    func submit(_ job: Job, _ requestClass: RequestClass) -> AdmissionQueue<Job>.Admission {
        let (admission, wakes) = state.withLock { state -> (AdmissionQueue<Job>.Admission, Bool) in
            guard state.isOpen else { return (.refused, false) }
            let admission = state.queue.add(job, requestClass)
            // A thread that was awake may have taken the job for which another was woken; that one then has this.
            guard case .queued = admission, state.waking < min(state.queue.count, state.asleep) else {
                return (admission, false)
            }
            state.waking += 1
            return (admission, true)
        }
        if wakes { state.signal() }
        return admission
    }

    /// Takes no more jobs and gives back those that no thread has begun; the threads end after the job they are at.
    func close() -> [Job] {
        let left = state.withLock { state in
            state.isOpen = false
            var left: [Job] = []
            while let job = state.queue.take() { left.append(job) }
            return left
        }
        state.broadcast()
        return left
    }

    /// Waits for the threads' ends after `close`. Threads whose job outlasts the deadline are left to themselves; they
    /// end with the process.
    ///
    /// - Returns: whether all have ended.
    @discardableResult
    func join(by deadline: Deadline) -> Bool {
        let haveEnded =
            state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { $0.living == 0 ? true : nil } ?? false
        let started = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in started {
            if haveEnded { thread.join() } else { thread.detach() }
        }
        return haveEnded
    }

    var queued: Int { state.withLock { $0.queue.count } }

    private func work() {
        while let job = next() { run(job, self) }
        state.withLock { $0.living -= 1 }
        state.broadcast()
    }

    private enum Step { case run(Job), end }

    /// Waits for a job; nil when the queue is closed and empty.
    private func next() -> Job? {
        var isAsleep = false
        // Without limit: `close` ends the wait.
        let step = state.wait(untilUptimeNanoseconds: nil) { state -> Step? in
            if isAsleep {
                state.asleep -= 1
                state.waking = max(state.waking - 1, 0)
                isAsleep = false
            }
            if let job = state.queue.take() { return .run(job) }
            guard state.isOpen else { return .end }
            isAsleep = true
            state.asleep += 1
            return nil
        }
        if case .run(let job) = step { return job }
        return nil
    }
}
