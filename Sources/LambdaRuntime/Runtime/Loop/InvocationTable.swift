import Concurrency

/// Which invocation each slot works on, and how each came to its end: the one thing that the workers, the watchdog and the
/// supervisor share.
///
/// A slot is one of the `AWS_LAMBDA_MAX_CONCURRENCY` loops. A worker is the thread that runs it; a handler that does not come
/// back keeps its thread, and the slot gets another worker.
final class InvocationTable: Sendable {
    /// A worker's place; stale once the slot has a newer worker.
    struct Assignment: Sendable, Equatable {
        let slot: Int
        let worker: Int
    }

    struct Running: Sendable {
        let context: LambdaContext
        let stream: LambdaResponseStream?
    }

    /// What the watchdog has to do.
    enum Due: Sendable {
        /// The time is up: answer in the handler's stead.
        case cancel(Assignment, Running)
        /// The handler has not come back since: `Assignment` is the new worker's.
        case replace(Assignment, Running)
    }

    enum Finish: Sendable {
        case answer
        /// The watchdog has answered.
        case late
        /// So it has, and the slot has another worker.
        case abandoned
    }

    private enum Phase {
        case idle
        case running(Running, cancelAt: UInt64)
        /// The watchdog is answering.
        case canceled(Running)
        case reported(Running, replaceAt: UInt64)
        case answering
    }

    private struct Slot {
        var worker = 0
        var phase = Phase.idle
    }

    private struct State {
        var slots: [Slot]
        /// When the watchdog looks next.
        var wakeAt = UInt64.max
        var isDraining = false
        var failure: LambdaRuntimeError?
        var abandonedCount = 0
    }

    private let state: Lock<State>
    private let abandonedMax: Int

    /// - Parameter abandonedMax: how many handlers may be on their way without end before the process has to.
    init(slotCount: Int, abandonedMax: Int) {
        state = Lock(State(slots: [Slot](repeating: Slot(), count: slotCount)))
        self.abandonedMax = abandonedMax
    }

    /// Whether the worker may ask for an event.
    func mayAsk(_ assignment: Assignment) -> Bool {
        let (mayAsk, wakesSupervisor) = state.withLock { state in
            guard state.slots[assignment.slot].worker == assignment.worker else { return (false, false) }
            state.slots[assignment.slot].phase = .idle
            return (!state.isDraining && state.failure == nil, state.isDraining)
        }
        if wakesSupervisor { state.broadcast() }
        return mayAsk
    }

    /// - Parameter cancelAt: when the watchdog ends it; nil where the deadline had passed before the event came, which is
    ///   Lambda's to judge.
    func begin(_ assignment: Assignment, _ running: Running, cancelAt: Deadline?) {
        let cancelAt = cancelAt?.uptimeNanoseconds ?? .max
        let wakesWatchdog = state.withLock { state in
            state.slots[assignment.slot].phase = .running(running, cancelAt: cancelAt)
            guard cancelAt < state.wakeAt else { return false }
            state.wakeAt = cancelAt
            return true
        }
        if wakesWatchdog { state.broadcast() }
    }

    /// Who answers, now that the handler has ended. Waits, within `limit`, until the watchdog has answered if it does: the next
    /// event may only be asked for after that.
    func finish(_ assignment: Assignment, limit: Deadline) -> Finish {
        let finish = state.wait(untilUptimeNanoseconds: limit.uptimeNanoseconds) { state -> Finish? in
            guard state.slots[assignment.slot].worker == assignment.worker else {
                state.abandonedCount -= 1
                return .abandoned
            }
            switch state.slots[assignment.slot].phase {
            case .canceled: return nil
            case .reported:
                // It has come back, so that its slot needs no other worker.
                state.slots[assignment.slot].phase = .answering
                return .late
            case .idle, .running, .answering:
                state.slots[assignment.slot].phase = .answering
                return .answer
            }
        }
        return finish ?? .late
    }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Blocks until something is due; nil when the runtime has failed.
    func waitForDue() -> [Due]? {
        while true {
            let (due, wakeAt, hasFailed) = state.withLock { state in
                let due = takeDue(&state)
                return (due, state.wakeAt, state.failure != nil)
            }
            if hasFailed {
                state.broadcast()
                return nil
            }
            if !due.isEmpty { return due }
            _ = state.wait(untilUptimeNanoseconds: wakeAt == .max ? nil : wakeAt) { state in
                state.wakeAt < wakeAt || state.failure != nil ? true : nil
            }
        }
    }

    /// The watchdog has answered; the handler has `milliseconds` to come back before its slot gets another worker.
    func didReport(_ assignment: Assignment, _ running: Running, comesBackWithin milliseconds: Int) {
        state.withLock { state in
            // A worker that did not wait for this may be elsewhere.
            guard case .canceled = state.slots[assignment.slot].phase else { return }
            let replaceAt = Deadline.after(milliseconds: milliseconds).uptimeNanoseconds
            state.slots[assignment.slot].phase = .reported(running, replaceAt: replaceAt)
        }
        state.broadcast()
    }

    /// Moves what is due on, and sets when to look next.
    private func takeDue(_ state: inout State) -> [Due] {
        let now = Deadline.nowUptimeNanoseconds()
        var due: [Due] = []
        state.wakeAt = .max
        for slot in state.slots.indices {
            let worker = state.slots[slot].worker
            switch state.slots[slot].phase {
            case .running(let running, let cancelAt) where cancelAt <= now:
                state.slots[slot].phase = .canceled(running)
                due.append(.cancel(Assignment(slot: slot, worker: worker), running))
            case .reported(let running, let replaceAt) where replaceAt <= now:
                state.abandonedCount += 1
                if state.abandonedCount > abandonedMax, state.failure == nil {
                    state.failure = .handlersStuck(count: state.abandonedCount)
                }
                state.slots[slot] = Slot(worker: worker + 1)
                due.append(.replace(Assignment(slot: slot, worker: worker + 1), running))
            case .running(_, let moment), .reported(_, let moment):
                state.wakeAt = min(state.wakeAt, moment)
            case .idle, .canceled, .answering: break
            }
        }
        return due
    }

    /// Ends the runtime; the first reason stands.
    func fail(_ failure: LambdaRuntimeError) {
        state.withLock { state in
            if state.failure == nil { state.failure = failure }
        }
        state.broadcast()
    }

    func startDraining() {
        state.withLock { $0.isDraining = true }
        state.broadcast()
    }

    /// Blocks until the runtime has failed, or drains.
    func waitForEnd() -> LambdaRuntimeError? {
        let end: LambdaRuntimeError?? = state.wait(untilUptimeNanoseconds: nil) { state in
            state.failure != nil || state.isDraining ? .some(state.failure) : nil
        }
        return end ?? nil
    }

    /// Waits until no handler is running.
    ///
    /// - Returns: how many are still running at `limit`.
    func waitUntilIdle(by limit: Deadline) -> Int {
        _ = state.wait(untilUptimeNanoseconds: limit.uptimeNanoseconds) { state in
            InvocationTable.activeCount(state) == 0 ? true : nil
        }
        return state.withLock { InvocationTable.activeCount($0) }
    }

    private static func activeCount(_ state: State) -> Int {
        state.abandonedCount
            + state.slots.count { slot in
                if case .idle = slot.phase { return false }
                return true
            }
    }
}
