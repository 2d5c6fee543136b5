package import Concurrency
private import CurlLibrary

/// The limits of `OutboundTransport`.
package struct OutboundTransportConfiguration: Sendable {
    /// 5 s for name, connection and TLS handshake together: other people's machines are further away than this product's own.
    package var connectTimeoutMilliseconds = 5000
    /// 10 s for everything together, within the deadline: who does not answer in that time keeps a thread from others.
    package var attemptTimeoutMilliseconds = 10_000
    /// 1 KiB of a reply's body is kept: enough to see what a receiver complains about.
    package var replyBytesKeptMax = 1024
    /// 16 KiB of a body are read, so that the connection is still good after an ordinary page; a longer one ends it.
    package var replyBytesReadMax = 16 * 1024
    /// 16 KiB of header fields: as much as common servers send at most.
    package var replyHeaderBytesMax = 16 * 1024
    /// 64 idle connections, of which the one that was idle for longest is closed first: as many as threads may be sending.
    package var idleConnectionsMax = 64
    /// 30 s idle at most: below the keep-alive times of common servers and load balancers.
    package var idleConnectionSecondsMax = 30
    package var userAgent = "orchestrator"
    /// The certificates that are trusted, in one PEM file; nil where they are in the folder.
    package var caBundlePath = CurlLibrary.systemDirectoryPath == nil ? CurlLibrary.systemBundlePath : nil
    /// The certificates that are trusted, each under its subject's hash (`openssl rehash`), where no file is named; nil leaves libcurl
    /// its built-in path, if it has one.
    package var caDirectoryPath = CurlLibrary.systemDirectoryPath
    /// Ends a message that is under way, within about a second; whether it arrived is not known then. Nil for none.
    package var stop: StopToken?

    package init() {}

    var handle: CurlTransportConfiguration {
        var handle = CurlTransportConfiguration()
        handle.connectTimeoutMilliseconds = connectTimeoutMilliseconds
        handle.attemptTimeoutMilliseconds = attemptTimeoutMilliseconds
        handle.replyBytesMax = replyBytesKeptMax
        handle.replyHeaderBytesMax = replyHeaderBytesMax
        handle.connectionsPerHandleMax = 1
        handle.idleConnectionSecondsMax = idleConnectionSecondsMax
        handle.userAgent = userAgent
        handle.caBundlePath = caBundlePath
        handle.caDirectoryPath = caDirectoryPath
        handle.stop = stop
        return handle
    }
}
