/// What the server knows of a request besides the request itself.
package struct Arrival: Sendable {
    /// `CLOCK_MONOTONIC` when the head had been read: deadlines count from here, so that time spent in the queue is the
    /// server's and not a gift to the handler.
    package let uptimeNanoseconds: UInt64
    /// The numeric address of the other end of the connection: a proxy's, where there is one.
    package let remoteAddress: String

    package init(uptimeNanoseconds: UInt64, remoteAddress: String) {
        self.uptimeNanoseconds = uptimeNanoseconds
        self.remoteAddress = remoteAddress
    }
}
