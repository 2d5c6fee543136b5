private import Concurrency

/// Whether the invocations of one worker, which come one after another, are canceled.
///
/// One object for all of them, so that an event costs nothing here: each invocation has a number, and the highest that was
/// canceled is kept.
final class InvocationCancellation: Sendable {
    private struct State {
        var canceledNumber: UInt64 = 0
        var listener: (number: UInt64, body: @Sendable () -> Void)?
    }

    private let state = Lock(State())

    func isCancelled(_ number: UInt64) -> Bool { state.withLock { $0.canceledNumber >= number } }

    func cancel(_ number: UInt64) {
        let listener = state.withLock { state -> (@Sendable () -> Void)? in
            state.canceledNumber = max(state.canceledNumber, number)
            defer { state.listener = nil }
            return state.listener?.number == number ? state.listener?.body : nil
        }
        listener?()
    }

    /// Calls `body` once the invocation is canceled, at once if it is already; it replaces an earlier one.
    func whenCancelled(_ number: UInt64, _ body: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            state.listener = (number, body)
            return state.canceledNumber >= number
        }
        if isLate { body() }
    }
}
