private import Glibc

/// The moment by which an answer must be out, fixed once when a request comes in and passed down unchanged.
///
/// Kept on the monotonic clock, so that a step of the wall clock neither cuts a request short nor prolongs it. Hops to
/// other processes carry the remaining milliseconds, never the moment itself, since their clocks differ from ours.
public struct Deadline: Sendable, Hashable, Comparable {
    /// `CLOCK_MONOTONIC`, in nanoseconds.
    public let uptimeNanoseconds: UInt64

    /// The moment at which `CLOCK_MONOTONIC` shows so many nanoseconds.
    public init(uptimeNanoseconds: UInt64) { self.uptimeNanoseconds = uptimeNanoseconds }

    /// The moment `milliseconds` from now; one already past for a negative number.
    public static func after(milliseconds: Int) -> Deadline {
        after(milliseconds: milliseconds, fromUptimeNanoseconds: nowUptimeNanoseconds())
    }

    static func after(milliseconds: Int, fromUptimeNanoseconds start: UInt64) -> Deadline {
        let (sum, hasOverflowed) = start.addingReportingOverflow(nanoseconds(ofMilliseconds: milliseconds))
        return Deadline(uptimeNanoseconds: hasOverflowed ? .max : sum)
    }

    /// What is left, rounded down; 0 when it has passed.
    public var remainingMilliseconds: Int {
        let now = Deadline.nowUptimeNanoseconds()
        return uptimeNanoseconds > now ? Int((uptimeNanoseconds - now) / 1_000_000) : 0
    }

    /// Whether nothing is left.
    public var hasPassed: Bool { Deadline.nowUptimeNanoseconds() >= uptimeNanoseconds }

    /// The earlier of this moment and `milliseconds` from now.
    public func capped(milliseconds: Int) -> Deadline { min(self, .after(milliseconds: milliseconds)) }

    /// This moment moved `milliseconds` earlier: what a caller keeps for itself to answer with.
    public func earlier(milliseconds: Int) -> Deadline {
        let reserve = Deadline.nanoseconds(ofMilliseconds: milliseconds)
        return Deadline(uptimeNanoseconds: uptimeNanoseconds > reserve ? uptimeNanoseconds - reserve : 0)
    }

    /// This moment moved `milliseconds` later.
    public func later(milliseconds: Int) -> Deadline {
        .after(milliseconds: milliseconds, fromUptimeNanoseconds: uptimeNanoseconds)
    }

    /// Whether `left` comes first.
    public static func < (left: Deadline, right: Deadline) -> Bool {
        left.uptimeNanoseconds < right.uptimeNanoseconds
    }

    /// What `CLOCK_MONOTONIC` shows now.
    public static func nowUptimeNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// 0 for a negative number; the largest there is, some 584 years, where they would not fit.
    private static func nanoseconds(ofMilliseconds milliseconds: Int) -> UInt64 {
        let (product, hasOverflowed) = UInt64(max(milliseconds, 0)).multipliedReportingOverflow(by: 1_000_000)
        return hasOverflowed ? .max : product
    }
}
