internal import Concurrency

/// What a group of components is asked to do while it runs: by signals, or by a component. Any thread may ask.
package final class ComponentControl: Sendable {
    /// Why a group ends.
    package enum StopCause: Sendable, Equatable {
        /// Its name.
        case signal(String)
        /// A component cannot go on; what is the matter.
        case failure(String)
    }

    enum Event: Equatable {
        case reload
        case stop(StopCause)
    }

    private struct State {
        var stopCause: StopCause?
        var isReloadRequested = false
    }

    private let state = Lock(State())

    package init() {}

    /// Has the group end; the first cause is kept.
    ///
    /// - Returns: whether this was the first.
    @discardableResult
    package func requestStop(_ cause: StopCause) -> Bool {
        let isFirst = state.withLock { state in
            guard state.stopCause == nil else { return false }
            state.stopCause = cause
            return true
        }
        state.broadcast()
        return isFirst
    }

    /// Has the group read again what can be; once, however often it is asked before it does.
    package func requestReload() {
        state.withLock { $0.isReloadRequested = true }
        state.broadcast()
    }

    package var isStopRequested: Bool { state.withLock { $0.stopCause != nil } }

    /// Waits for the next thing to do, without limit: this is what a process does until it is told to stop.
    func nextEvent() -> Event {
        while true {
            let event = state.wait(untilUptimeNanoseconds: nil) { state -> Event? in
                if let cause = state.stopCause { return .stop(cause) }
                guard state.isReloadRequested else { return nil }
                state.isReloadRequested = false
                return .reload
            }
            if let event { return event }
        }
    }
}
