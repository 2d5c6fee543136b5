/// Which of a pool's workers run a job, and which can be woken for one. It knows no threads, and times only as they are told.
///
/// A job is active for its first `activeNanoseconds`.
struct WorkerRoster {
    private let activeMax: Int
    private let activeNanoseconds: UInt64
    /// Of each worker when its job began; 0 for one without.
    private var beganAt: [UInt64]
    /// The last one has been idle for the shortest time and is woken first: its caches are warm.
    private var idle: [Int] = []
    /// Woken, and not at the queue yet. Whoever comes first takes a job, so that a worker that was awake may have taken theirs.
    private(set) var wakingCount = 0

    init(workersMax: Int, activeMax: Int, activeNanoseconds: UInt64) {
        beganAt = [UInt64](repeating: 0, count: workersMax)
        self.activeMax = activeMax
        self.activeNanoseconds = activeNanoseconds
    }

    var hasIdle: Bool { !idle.isEmpty }

    /// Workers without a job.
    var restingCount: Int { idle.count + wakingCount }

    /// Whether a worker that is awake may begin a job.
    func mayBegin(at now: UInt64) -> Bool { activeCount(at: now) < activeMax }

    /// Whether one more job than these would be begun at once.
    func hasWorker(beside queuedCount: Int, at now: UInt64) -> Bool {
        queuedCount < min(restingCount, activeMax - activeCount(at: now))
    }

    mutating func begin(_ worker: Int, at now: UInt64) { beganAt[worker] = now }

    /// The worker's job has ended, or it has been woken: it is at the queue.
    mutating func arrive(_ worker: Int, isWoken: Bool) {
        beganAt[worker] = 0
        if isWoken { wakingCount -= 1 }
    }

    mutating func rest(_ worker: Int) { idle.append(worker) }

    /// The worker to be woken, if there are more jobs that may begin than workers on their way to them.
    mutating func wake(for queuedCount: Int, at now: UInt64) -> Int? {
        guard wakingCount < min(queuedCount, activeMax - activeCount(at: now)), let worker = idle.popLast() else {
            return nil
        }
        wakingCount += 1
        return worker
    }

    /// When the first of the active jobs is active no longer; where there is none, a job's active time from now.
    func nextChange(at now: UInt64) -> UInt64 {
        (beganAt.filter { isActive($0, at: now) }.min() ?? now) + activeNanoseconds
    }

    private func activeCount(at now: UInt64) -> Int { beganAt.count { isActive($0, at: now) } }

    private func isActive(_ beganAt: UInt64, at now: UInt64) -> Bool {
        beganAt != 0 && now < beganAt + activeNanoseconds
    }
}
