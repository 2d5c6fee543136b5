package import Concurrency

/// Lets a limited number of callers wait for one dependency at a time, so that the threads that are left serve those who do
/// not need it.
///
/// Where all places are taken, a caller waits for one as long as the dependency is quick, and is refused at once when it is
/// slow: under load places come free within milliseconds, in an outage they do not, and whoever waited would block one thread
/// more.
package final class Bulkhead: Sendable {
    /// How many may be at the dependency at once.
    package let callersMax: Int
    private let patienceMilliseconds: Int
    private let clock: MonotonicClock
    /// When those entered who are inside, the earliest first.
    private let entries = Lock<[UInt64]>([])

    /// - Parameters:
    ///   - callersMax: at least 1.
    ///   - patienceMilliseconds: the dependency counts as slow once half of those inside have been there for so long. Until
    ///     that moment, and no longer, a caller waits for a place.
    ///   - clock: what tells how long they have been there.
    package init(callersMax: Int, patienceMilliseconds: Int, clock: MonotonicClock = .system) {
        self.callersMax = max(callersMax, 1)
        self.patienceMilliseconds = patienceMilliseconds
        self.clock = clock
    }

    /// How many are at the dependency now.
    package var callerCount: Int { entries.withLock { $0.count } }

    /// Runs `body` in a place of its own.
    ///
    /// - Returns: what `body` gave; nil if it was not run, because no place came free in time.
    package func run<Value, Failure: Error>(
        by deadline: Deadline, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value? {
        guard let entry = enter(by: deadline) else { return nil }
        defer { leave(entry) }
        return try body()
    }

    private func enter(by deadline: Deadline) -> UInt64? {
        // At one look: between two, somebody else may take the last place.
        let (entry, slowAt) = entries.withLock { entries -> (UInt64?, UInt64) in
            if let entry = take(&entries) { return (entry, 0) }
            return (nil, entries[callersMax / 2] + UInt64(patienceMilliseconds) * 1_000_000)
        }
        if let entry { return entry }
        let end = min(deadline, clock.systemDeadline(at: Deadline(uptimeNanoseconds: slowAt)))
        return entries.wait(untilUptimeNanoseconds: end.uptimeNanoseconds) { take(&$0) }
    }

    /// Enters, where there is a place.
    private func take(_ entries: inout [UInt64]) -> UInt64? {
        guard entries.count < callersMax else { return nil }
        // The time is taken here, where nobody else can: the entries are in order.
        let now = clock.uptimeNanoseconds
        entries.append(now)
        return now
    }

    private func leave(_ entry: UInt64) {
        entries.withLock { entries in
            if let index = entries.firstIndex(of: entry) { entries.remove(at: index) }
        }
        entries.signal()
    }
}
