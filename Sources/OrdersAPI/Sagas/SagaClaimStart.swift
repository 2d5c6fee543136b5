import Concurrency
import Telemetry

/// From when on due sagas are looked for. Rows that were deleted stay in the index for as long as anybody's snapshot may see them (a dump
/// of the database lasts hours), and to read from the beginning is to walk over all of them.
///
/// So a claim begins where the last one ended, and once a minute at the beginning: a row may have been committed late.
struct SagaClaimStart {
    static let fullClaimMilliseconds = 60_000

    private var end: Timestamp?
    private var isFullAt = Deadline(uptimeNanoseconds: 0)

    /// Nil for the beginning.
    ///
    /// - Parameter now: a test passes its own.
    mutating func value(now: UInt64 = Deadline.nowUptimeNanoseconds()) -> Timestamp? {
        guard now >= isFullAt.uptimeNanoseconds else { return end }
        isFullAt = Deadline(uptimeNanoseconds: now).later(milliseconds: SagaClaimStart.fullClaimMilliseconds)
        return nil
    }

    /// Takes note of where a claim ended.
    mutating func note(_ end: Timestamp) { self.end = end }
}
