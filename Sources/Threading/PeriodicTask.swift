private import Glibc

/// Work that is done again and again in the background, on a thread of its own, until it is stopped.
package final class PeriodicTask: Sendable {
    private let isStopped = Lock(false)
    private let thread = Lock<Thread?>(nil)

    package init() {}

    /// Runs `body` now and then `intervalMilliseconds` after each end. `body` must bound its own time.
    ///
    /// - Returns: whether a thread could be had.
    package func start(intervalMilliseconds: Int, _ body: @escaping @Sendable () -> Void) -> Bool {
        let started = Thread.start { [isStopped] in
            while true {
                body()
                let pauseEnd = uptimeNanoseconds() + UInt64(intervalMilliseconds) * 1_000_000
                if isStopped.wait(untilUptimeNanoseconds: pauseEnd, for: { $0 ? true : nil }) == true { return }
            }
        }
        thread.withLock { $0 = started }
        return started != nil
    }

    /// Lets a run that is under way come to its end, and starts none after it.
    package func stop() {
        isStopped.withLock { $0 = true }
        isStopped.broadcast()
        let thread = thread.withLock { state in
            defer { state = nil }
            return state
        }
        thread?.join()
    }
}

private func uptimeNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
