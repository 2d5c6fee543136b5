import Concurrency

/// The deliveries of one order to one endpoint, of which one is made at a time; those of a replay are a lane of their own.
///
/// Its row exists while something in it is undelivered.
struct Lane: Sendable, Hashable {
    let endpointID: Int64
    /// `Delivery.noOrder` for a test event.
    let orderID: Int64
    /// 0 for the first delivery of each event.
    let replay: Int64
}

/// A lane that somebody holds until its lease is over.
struct LeasedLane: Sendable {
    let lane: Lane
    /// Random, and drawn anew at each claim: whoever finds another one in the row has lost the lane.
    let fence: Int64
    /// When it was claimed, by this process's monotonic clock.
    let claimedAt: Deadline
    /// Its next delivery as it was then, where that is small.
    var next: DueDelivery?
}
