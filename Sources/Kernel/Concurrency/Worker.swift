/// A background activity on a thread of its own: its body runs, pauses, and runs again until the worker is told to stop.
package final class Worker: Sendable {
    /// When the body runs again.
    package enum Next: Sendable, Equatable {
        /// So long after this run, or as soon as the worker is woken.
        case after(milliseconds: Int)
        case whenWoken
        /// There is no other run; the thread ends.
        case never
    }

    private enum Stage {
        case new, running, ended
    }

    private struct State {
        var stage = Stage.new
        var isWoken = false
        var isStopping = false
    }

    /// For the log: `abandoned-orders`.
    package let name: String
    private let body: @Sendable (StopToken) -> Next
    private let state: Lock<State>
    private let stop: StopToken

    /// - Parameter body: one run. It asks its token between steps, and bounds the time of each.
    package init(_ name: String, _ body: @escaping @Sendable (StopToken) -> Next) {
        let state = Lock(State())
        self.name = name
        self.body = body
        self.state = state
        stop = StopToken { state.withLock { $0.isStopping } }
    }

    /// A worker that runs at once and again after each interval.
    ///
    /// - Parameters:
    ///   - intervalMilliseconds: from the end of a run to the next, at most.
    ///   - jitterMilliseconds: a random time up to this is taken off each pause, so that instances which were started together
    ///     do not stay together; a tenth of the interval where it is nil.
    ///   - random: gives a number in `0...n`; a test passes its own.
    package convenience init(
        _ name: String, intervalMilliseconds: Int, jitterMilliseconds: Int? = nil,
        random: @escaping @Sendable (Int) -> Int = { Int.random(in: 0...$0) },
        _ body: @escaping @Sendable (StopToken) -> Void
    ) {
        let jitter = min(max(jitterMilliseconds ?? intervalMilliseconds / 10, 0), intervalMilliseconds)
        self.init(name) { stop in
            body(stop)
            return .after(milliseconds: intervalMilliseconds - random(jitter))
        }
    }

    /// Has the body run on a thread of its own. A worker is started once.
    ///
    /// - Parameter isReady: asked before each run. While it says no, nothing runs, until `wake` has it asked again.
    /// - Returns: whether a thread could be had; false, too, for a worker that was started before.
    package func start(onlyIf isReady: @escaping @Sendable () -> Bool = { true }) -> Bool {
        let isFirst = state.withLock { state in
            guard state.stage == .new else { return false }
            state.stage = .running
            return true
        }
        guard isFirst else { return false }
        let thread = Thread.start { [self] in
            run(onlyIf: isReady)
            didEnd()
        }
        if let thread { thread.detach() } else { didEnd() }
        return thread != nil
    }

    /// Has the body run without waiting for the end of the pause; after a run under way, once more.
    package func wake() {
        state.withLock { $0.isWoken = true }
        state.broadcast()
    }

    /// Runs the body on the calling thread: for commands and tests.
    ///
    /// - Returns: what the body said; nil, and nothing was run, for a worker that was started and runs by itself.
    @discardableResult
    package func runOnce() -> Next? {
        guard state.withLock({ $0.stage == .new }) else { return nil }
        return body(stop)
    }

    /// Starts no other run, and tells one that is under way. Does not wait.
    package func requestStop() {
        state.withLock { $0.isStopping = true }
        state.broadcast()
    }

    /// Waits for the end of the thread after `requestStop`.
    ///
    /// - Returns: false when `deadline` comes first; what still goes on then ends with the process.
    package func waitForEnd(by deadline: Deadline) -> Bool {
        state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { $0.stage == .running ? nil : true } ?? false
    }

    private func run(onlyIf isReady: () -> Bool) {
        while !stop.isStopRequested {
            // Before the run, so that whoever wakes the worker meanwhile gets another.
            state.withLock { $0.isWoken = false }
            let end: UInt64?
            switch isReady() ? body(stop) : .whenWoken {
            case .after(let milliseconds): end = Deadline.after(milliseconds: milliseconds).uptimeNanoseconds
            case .whenWoken: end = nil
            case .never: return
            }
            _ = state.wait(untilUptimeNanoseconds: end) { $0.isWoken || $0.isStopping ? true : nil }
        }
    }

    private func didEnd() {
        state.withLock { $0.stage = .ended }
        state.broadcast()
    }
}
