private import Resilience

/// Work that is done again and again in the background, on a thread of its own, until it is stopped.
package final class PeriodicTask: Sendable {
    private let isStopped = Lock(false)
    private let thread = Lock<Thread?>(nil)

    package init() {}

    /// Runs `body` now and then `intervalMilliseconds` after each end. `body` must bound its own time.
    ///
    /// - Returns: whether a thread could be had; false, too, for a task that was started before.
    package func start(intervalMilliseconds: Int, _ body: @escaping @Sendable () -> Void) -> Bool {
        thread.withLock { thread in
            guard thread == nil else { return false }
            thread = Thread.start { [isStopped] in
                while !isStopped.withLock({ $0 }) {
                    body()
                    let pauseEnd = Deadline.after(milliseconds: intervalMilliseconds).uptimeNanoseconds
                    _ = isStopped.wait(untilUptimeNanoseconds: pauseEnd) { $0 ? true : nil }
                }
            }
            return thread != nil
        }
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
