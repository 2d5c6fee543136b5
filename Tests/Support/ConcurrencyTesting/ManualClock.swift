package import Concurrency

/// A clock that stands still until a test moves it on.
package final class ManualClock: Sendable {
    /// How often it has been looked at: tells how far somebody is who looks before they wait.
    package let looks = Observed(0)

    private let nanoseconds: Lock<UInt64>

    /// Shows 1,000 s, so that there is a past.
    package init() { nanoseconds = Lock(1_000_000_000_000) }

    package var clock: MonotonicClock {
        MonotonicClock { [nanoseconds, looks] in
            looks.change { $0 += 1 }
            return nanoseconds.withLock { $0 }
        }
    }

    package func advance(milliseconds: Int) { nanoseconds.withLock { $0 += UInt64(milliseconds) * 1_000_000 } }
}
