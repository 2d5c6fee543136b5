/// Something that happens now and then, for which many may wait without a thread each.
///
/// Read `version` before you look whether there is anything to do, and wait for what comes after it: then nothing that happens in
/// between is missed.
package final class WakeSignal: Sendable {
    /// Names what waits, to have it wait no longer.
    package struct Registration: Sendable, Hashable {
        fileprivate let id: UInt64
    }

    private struct State {
        var version: UInt64 = 0
        var lastID: UInt64 = 0
        var waiting: [UInt64: @Sendable () -> Void] = [:]
    }

    private let state = Lock(State())

    package init() {}

    /// How often it has happened.
    package var version: UInt64 { state.withLock { $0.version } }

    /// Calls everybody who waits, on this thread.
    package func fire() {
        let called = state.withLock { state in
            state.version += 1
            defer { state.waiting = [:] }
            return state.waiting
        }
        for body in called.values { body() }
        state.broadcast()
    }

    /// Has `body` called once, when it happens after `version`, on the thread of whoever makes it happen.
    ///
    /// - Returns: nil if it has happened already; `body` is not called then.
    package func once(after version: UInt64, _ body: @escaping @Sendable () -> Void) -> Registration? {
        state.withLock { state in
            guard state.version == version else { return nil }
            state.lastID += 1
            state.waiting[state.lastID] = body
            return Registration(id: state.lastID)
        }
    }

    /// Has what was registered not be called any more, unless it is being called already.
    package func cancel(_ registration: Registration) {
        state.withLock { state in _ = state.waiting.removeValue(forKey: registration.id) }
    }

    /// Blocks until it has happened after `version`.
    ///
    /// - Returns: false when `deadline` comes first.
    package func wait(after version: UInt64, by deadline: Deadline) -> Bool {
        state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { $0.version > version ? true : nil } ?? false
    }
}
