/// Work that is done again and again in the background, on a thread of its own, until it is stopped.
package final class PeriodicTask: BackgroundActivity {
    private struct State {
        var isEnding = false
        var isStarted = false
        var isRunning = false
    }

    private let state = Lock(State())

    package init() {}

    /// Runs `body` now and then `intervalMilliseconds` after each end.
    ///
    /// - Parameter body: work that asks `isEnding` between its steps, and bounds the time of each.
    /// - Returns: whether a thread could be had; false, too, for a task that was started before.
    package func start(
        intervalMilliseconds: Int, _ body: @escaping @Sendable (_ isEnding: @Sendable () -> Bool) -> Void
    ) -> Bool {
        let isFirst = state.withLock { state in
            guard !state.isStarted else { return false }
            state.isStarted = true
            state.isRunning = true
            return true
        }
        guard isFirst else { return false }
        let thread = Thread.start { [self] in
            while !isEnding {
                body { self.isEnding }
                let pauseEnd = Deadline.after(milliseconds: intervalMilliseconds).uptimeNanoseconds
                _ = state.wait(untilUptimeNanoseconds: pauseEnd) { $0.isEnding ? true : nil }
            }
            didEnd()
        }
        if let thread { thread.detach() } else { didEnd() }
        return thread != nil
    }

    /// Starts no other run, and tells one that is under way.
    package func requestEnd() {
        state.withLock { $0.isEnding = true }
        state.broadcast()
    }

    package func waitForEnd(by deadline: Deadline) -> Bool {
        state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { $0.isRunning ? nil : true } ?? false
    }

    private var isEnding: Bool { state.withLock { $0.isEnding } }

    private func didEnd() {
        state.withLock { $0.isRunning = false }
        state.broadcast()
    }
}
