import Concurrency

/// From which id on the outbox is read. Rows that were deleted stay in the table for as long as anybody's snapshot may see them (a
/// dump of the database lasts hours), and to read from the beginning is to walk over all of them.
///
/// Ids do not commit in their order. So the bound stays 60 s behind, the longest that a request lasts, and once in 60 s all are
/// looked at: a transaction may have been held up for longer.
struct OutboxBound {
    static let lagMilliseconds = 60_000

    private var bound: Int64 = 0
    /// The highest id that had been seen when the bound was last moved.
    private var next: Int64 = 0
    private var highest: Int64 = 0
    private var movesAt = Deadline(uptimeNanoseconds: 0)

    mutating func saw(_ id: Int64) { highest = max(highest, id) }

    /// - Parameter now: a test passes its own.
    mutating func value(now: UInt64 = Deadline.nowUptimeNanoseconds()) -> Int64 {
        guard now >= movesAt.uptimeNanoseconds else { return bound }
        bound = next
        next = highest
        movesAt = Deadline(uptimeNanoseconds: now).later(milliseconds: OutboxBound.lagMilliseconds)
        return 0
    }
}
