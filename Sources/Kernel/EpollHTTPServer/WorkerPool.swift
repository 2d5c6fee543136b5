internal import Concurrency
internal import HTTPMessages

/// Threads that run jobs from a bounded queue: few of them at once as long as jobs are short, all of them when jobs wait.
///
/// At most `activeMax` jobs are active: those that began less than `activeMilliseconds` ago. One that has taken longer waits for
/// something, and another may begin beside it. So threads do not queue up for the few connections that a database has, where
/// each would have to be woken for its turn, and nobody waits behind jobs that are stuck.
final class WorkerPool<Job: Sendable>: Sendable {
    private struct State {
        var queue: AdmissionQueue<Job>
        var roster: WorkerRoster
        var living = 0
        var isOpen = true
        /// Whether jobs wait beside idle workers, until an active job is active no longer.
        var isOverseen = false

        /// The worker to be woken for a job that waits; nil when there is none.
        mutating func wake() -> Int? {
            guard queue.count > roster.wakingCount, roster.hasIdle else { return nil }
            return roster.wake(for: queue.count, at: Deadline.nowUptimeNanoseconds())
        }

        /// - Returns: whether the overseer has to be told.
        mutating func beginOverseeing() -> Bool {
            guard !isOverseen, queue.count > roster.wakingCount, roster.hasIdle else { return false }
            isOverseen = true
            return true
        }
    }

    private let state: Lock<State>
    /// Of each worker, whether it has been woken. Each waits at its own, since a signal to many may reach the wrong one.
    private let wakes: [Lock<Bool>]
    private let hasOverseer: Bool
    private let queueMax: Int
    private let threads = Lock<[Thread]>([])
    private let run: @Sendable (Job, WorkerPool<Job>) -> Void

    /// - Parameters:
    ///   - queueMax: jobs that may wait beside those that there are workers for.
    ///   - run: given the pool as well, for jobs that lead to others.
    init(
        workersMax: Int, activeMax: Int, activeMilliseconds: Int, queueMax: Int,
        run: @escaping @Sendable (Job, WorkerPool<Job>) -> Void
    ) {
        let workersMax = max(workersMax, 1)
        let roster = WorkerRoster(
            workersMax: workersMax, activeMax: max(activeMax, 1),
            activeNanoseconds: UInt64(max(activeMilliseconds, 1)) * 1_000_000)
        state = Lock(State(queue: AdmissionQueue(countMax: queueMax), roster: roster))
        self.queueMax = queueMax
        wakes = (0..<workersMax).map { _ in Lock(false) }
        hasOverseer = activeMax < workersMax
        self.run = run
    }

    /// Starts the threads; false when the system has none left, and then none of them stays.
    func start() -> Bool {
        var bodies = wakes.indices.map { worker in { @Sendable [self] in work(worker) } }
        if hasOverseer { bodies.append({ [self] in oversee() }) }
        for body in bodies {
            state.withLock { $0.living += 1 }
            let thread = Thread.start { [self] in
                body()
                state.withLock { $0.living -= 1 }
                state.broadcast()
            }
            guard let thread else {
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
    var isBusy: Bool {
        state.withLock { !$0.roster.hasWorker(beside: $0.queue.count, at: Deadline.nowUptimeNanoseconds()) }
    }

    /// Queues a job.
    ///
    /// - Returns: whether it was, and whether another was given up for it; refused when the pool is closed.
    func submit(_ job: Job, _ requestClass: RequestClass) -> AdmissionQueue<Job>.Admission {
        let (admission, woken, isNews) = state.withLock { state -> (AdmissionQueue<Job>.Admission, Int?, Bool) in
            guard state.isOpen else { return (.refused, nil, false) }
            state.queue.countMax = queueMax + state.roster.restingCount
            let admission = state.queue.add(job, requestClass)
            let woken = state.wake()
            return (admission, woken, state.beginOverseeing())
        }
        if let woken { wake(woken) }
        if isNews { state.broadcast() }
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
        for worker in wakes.indices { wake(worker) }
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

    private func wake(_ worker: Int) {
        wakes[worker].withLock { $0 = true }
        wakes[worker].signal()
    }

    private func work(_ worker: Int) {
        while let job = next(worker) { run(job, self) }
    }

    private enum Step { case run(Job), rest, end }

    /// Waits for a job; nil when the pool is closed.
    private func next(_ worker: Int) -> Job? {
        var isWoken = false
        while true {
            let (step, isNews) = state.withLock { state -> (Step, Bool) in
                guard state.isOpen else { return (.end, false) }
                state.roster.arrive(worker, isWoken: isWoken)
                let now = Deadline.nowUptimeNanoseconds()
                if state.roster.mayBegin(at: now), let job = state.queue.take() {
                    state.roster.begin(worker, at: now)
                    return (.run(job), false)
                }
                state.roster.rest(worker)
                return (.rest, state.beginOverseeing())
            }
            if isNews { state.broadcast() }
            switch step {
            case .run(let job): return job
            case .end: return nil
            case .rest:
                // Without limit: `close` ends the wait.
                isWoken =
                    wakes[worker].wait(untilUptimeNanoseconds: nil) { isWoken in
                        defer { isWoken = false }
                        return isWoken ? true : nil
                    } ?? false
            }
        }
    }

    /// Wakes workers for jobs that wait, when those that were active have taken too long to be.
    private func oversee() {
        while waitForOverseeing() {
            let (woken, change) = state.withLock { state in
                var woken: [Int] = []
                while let worker = state.wake() { woken.append(worker) }
                state.isOverseen = false
                let now = Deadline.nowUptimeNanoseconds()
                return (woken, state.beginOverseeing() ? state.roster.nextChange(at: now) : nil)
            }
            for worker in woken { wake(worker) }
            if let change { _ = state.wait(untilUptimeNanoseconds: change) { $0.isOpen ? nil : true } }
        }
    }

    /// Blocks until jobs wait beside idle workers; false when the pool is closed.
    private func waitForOverseeing() -> Bool {
        state.wait(untilUptimeNanoseconds: nil) { state in
            guard state.isOpen else { return false }
            return state.isOverseen ? true : nil
        } ?? false
    }
}
