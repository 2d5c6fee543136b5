package import Telemetry

/// What the server knows of a request besides the request itself.
package struct Arrival: Sendable {
    /// `CLOCK_MONOTONIC` when the head had been read: deadlines count from here, so that time spent in the queue is the
    /// server's and not a gift to the handler.
    package let uptimeNanoseconds: UInt64
    /// The numeric address of the other end of the connection: a proxy's, where there is one.
    package let remoteAddress: String
    /// The trace that whatever handed the request on names; a `traceparent` of the caller's comes before it.
    package let trace: TraceContext?

    package init(uptimeNanoseconds: UInt64, remoteAddress: String, trace: TraceContext? = nil) {
        self.uptimeNanoseconds = uptimeNanoseconds
        self.remoteAddress = remoteAddress
        self.trace = trace
    }
}
