package import Concurrency

/// A clock that stands still until a test moves it on.
package final class ManualClock: Sendable {
    private let nanoseconds: Lock<UInt64>

    /// Shows 1,000 s, so that there is a past.
    package init() { nanoseconds = Lock(1_000_000_000_000) }

    package var clock: MonotonicClock {
        MonotonicClock { [nanoseconds] in nanoseconds.withLock { $0 } }
    }

    package func advance(milliseconds: Int) { nanoseconds.withLock { $0 += UInt64(milliseconds) * 1_000_000 } }
}
