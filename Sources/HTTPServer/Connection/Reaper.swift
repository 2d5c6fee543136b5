private import Resilience
private import Threading

/// The thread that holds connections and handlers to their time.
final class Reaper: Sendable {
    private let isStopped = Lock(false)
    private let thread = Lock<Thread?>(nil)

    /// False when the system has no thread left.
    func start(_ dispatcher: Dispatcher, everyMilliseconds interval: Int) -> Bool {
        let started = Thread.start { [self] in
            while true {
                let next = Deadline.after(milliseconds: interval).uptimeNanoseconds
                if isStopped.wait(untilUptimeNanoseconds: next, for: { $0 ? true : nil }) == true { return }
                dispatcher.settleAll(dispatcher.connections.expire(), Problem.deadlineExceeded)
            }
        }
        thread.withLock { $0 = started }
        return started != nil
    }

    /// Ends the thread. A second call does nothing.
    func stop() {
        isStopped.withLock { $0 = true }
        isStopped.broadcast()
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }
}
