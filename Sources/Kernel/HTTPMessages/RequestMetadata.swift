/// What a server knows of a request besides the request itself.
package struct RequestMetadata: Sendable {
    /// `CLOCK_MONOTONIC` when the head had been read: deadlines count from here, so that time spent in the queue is the
    /// server's and not a gift to the handler.
    package let receivedAtUptimeNanoseconds: UInt64
    /// The numeric address of the other end of the connection: a proxy's, where there is one.
    package let remoteAddress: String

    package init(receivedAtUptimeNanoseconds: UInt64, remoteAddress: String) {
        self.receivedAtUptimeNanoseconds = receivedAtUptimeNanoseconds
        self.remoteAddress = remoteAddress
    }
}
