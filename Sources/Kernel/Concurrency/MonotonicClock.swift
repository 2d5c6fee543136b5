/// Tells the time that deadlines are kept on: the system's `CLOCK_MONOTONIC`, or a test's own.
///
/// For what remembers something for a while, or judges by how long something takes. What only waits needs a `Deadline`.
package struct MonotonicClock: Sendable {
    package static let system = MonotonicClock { Deadline.nowUptimeNanoseconds() }

    private let read: @Sendable () -> UInt64

    /// - Parameter read: the nanoseconds shown now; never less than before.
    package init(_ read: @escaping @Sendable () -> UInt64) { self.read = read }

    package var uptimeNanoseconds: UInt64 { read() }

    /// The moment `milliseconds` from now; one already past for a negative number.
    package func after(milliseconds: Int) -> Deadline {
        .after(milliseconds: milliseconds, fromUptimeNanoseconds: read())
    }

    package func hasPassed(_ moment: Deadline) -> Bool { read() >= moment.uptimeNanoseconds }

    /// When the system's clock shows that `moment` has come, if this one goes on from now as fast: what a thread may sleep
    /// until.
    package func systemDeadline(at moment: Deadline) -> Deadline {
        let now = read()
        let left = moment.uptimeNanoseconds > now ? moment.uptimeNanoseconds - now : 0
        let (sum, hasOverflowed) = Deadline.nowUptimeNanoseconds().addingReportingOverflow(left)
        return Deadline(uptimeNanoseconds: hasOverflowed ? .max : sum)
    }
}
