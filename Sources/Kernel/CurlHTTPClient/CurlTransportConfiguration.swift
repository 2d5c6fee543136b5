package import Concurrency
private import CurlLibrary

/// The limits of `CurlTransport`.
package struct CurlTransportConfiguration: Sendable {
    /// 1 s for name, connection and TLS handshake together: in one data centre they take milliseconds, and who waits
    /// longer waits for a machine that is gone.
    package var connectTimeoutMilliseconds = 1000
    /// 5 s for one attempt, within the deadline: half of the default deadline, so that one stalled attempt leaves time
    /// for another.
    package var attemptTimeoutMilliseconds = 5000
    /// 8 MiB: above the largest page of orders.
    package var replyBytesMax = 8 * 1024 * 1024
    /// 64 KiB of header fields: four times what this product's own servers accept in a request.
    package var replyHeaderBytesMax = 64 * 1024
    /// 32 idle handles, each with its kept-alive connections: as many as a service has worker threads. More may be in use
    /// at once; those above the limit are closed when they come back.
    package var handlesMax = 32
    /// 4 kept-alive connections in one handle: this product's services talk to two other services at most.
    package var connectionsPerHandleMax = 4
    /// 30 s idle at most: below the keep-alive times of common servers and load balancers, so that the other side is
    /// seldom the one to close.
    package var idleConnectionSecondsMax = 30
    package var userAgent = "orchestrator"
    /// The certificates that are trusted, in one PEM file; nil leaves libcurl its built-in path, if it has one.
    package var caBundlePath: String? = CurlLibrary.systemBundlePath
    /// A folder of trusted certificates, instead of a file.
    var caDirectoryPath: String?
    /// What is shown to a server that asks who calls; nil for nothing.
    var identity: ServiceTLS.Identity?
    /// Ends requests that are under way, within about a second: for those that wait at the other side for long. Nil for none.
    package var stop: StopToken?

    package init() {}
}
