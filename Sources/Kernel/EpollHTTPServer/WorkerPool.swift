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

        /// Whether a thread is to be woken, which then counts as waking.
        ///
        /// One at a time: it wakes the next when it finds more than its own job. Jobs that are soon done are so done by few threads,
        /// each of which would cost more to wake than to run.
        mutating func wakesAnother() -> Bool {
            guard waking == 0, asleep > 0, queue.count > 0 else { return false }
            waking += 1
            return true
        }
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

    /// Whether a job that comes now may have to wait for others to end.
    var isBusy: Bool { state.withLock { $0.asleep == 0 || $0.queue.isHalfFull } }

    /// Queues a job.
    ///
    /// - Returns: whether it was, and whether another was given up for it; refused when the pool is closed.
    func submit(_ job: Job, _ requestClass: RequestClass) -> AdmissionQueue<Job>.Admission {
        let (admission, wakes) = state.withLock { state -> (AdmissionQueue<Job>.Admission, Bool) in
            guard state.isOpen else { return (.refused, false) }
            let admission = state.queue.add(job, requestClass)
            guard case .queued = admission else { return (admission, false) }
            return (admission, state.wakesAnother())
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

    private enum Step { case run(Job, wakesAnother: Bool), end }

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
            if let job = state.queue.take() { return .run(job, wakesAnother: state.wakesAnother()) }
            guard state.isOpen else { return .end }
            isAsleep = true
            state.asleep += 1
            return nil
        }
        guard case .run(let job, let wakesAnother) = step else { return nil }
        if wakesAnother { state.signal() }
        return job
    }
}
