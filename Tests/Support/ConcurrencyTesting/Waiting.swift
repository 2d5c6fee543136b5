internal import Concurrency

/// Waits until `condition` holds, asking every millisecond: for what nobody signals.
///
/// - Returns: whether it did within `milliseconds`.
package func comesTrue(withinMilliseconds milliseconds: Int = 20_000, _ condition: () -> Bool) -> Bool {
    let deadline = Deadline.after(milliseconds: milliseconds)
    while !deadline.hasPassed {
        if condition() { return true }
        Thread.sleep(milliseconds: 1)
    }
    return condition()
}

/// A value that threads change, and that others wait for.
package final class Observed<Value: Sendable>: Sendable {
    private let state: Lock<Value>

    package init(_ initial: Value) { state = Lock(initial) }

    package var value: Value { state.withLock { $0 } }

    package func change(_ body: (inout Value) -> Void) {
        state.withLock { body(&$0) }
        state.broadcast()
    }

    /// Waits until the value is as `condition` asks.
    ///
    /// - Returns: whether it was within `milliseconds`.
    @discardableResult
    package func wait(withinMilliseconds milliseconds: Int = 20_000, _ condition: (Value) -> Bool) -> Bool {
        let limit = Deadline.after(milliseconds: milliseconds).uptimeNanoseconds
        return state.wait(untilUptimeNanoseconds: limit) { condition($0) ? true : nil } ?? false
    }
}
