package import Concurrency
package import HTTPMessages
package import OutboundAddresses

/// Sends messages to URLs that somebody else chose, who may mean harm.
///
/// Each connection is judged by the rule where it is made. No redirect is followed, no proxy, cookie or password of this machine is used.
/// A reply is its status, its fields and the beginning of its body. A kept connection is used by its own endpoint
/// only, and by this transport's rule only: another rule takes another transport. May be used from any number of threads.
package final class OutboundTransport: Sendable {
    private let configuration: OutboundTransportConfiguration
    private let handling: OutboundHandling
    /// The one that was put back last stands at the end.
    private let idle = Lock<[IdleHandle]>([])

    private struct IdleHandle {
        let endpointID: Int64
        let handle: CurlHandle
        let goodUntil: Deadline
    }

    package init(
        rule: OutboundAddressRule, configuration: OutboundTransportConfiguration = OutboundTransportConfiguration()
    ) {
        self.configuration = configuration
        handling = OutboundHandling(rule: rule, replyBytesReadMax: configuration.replyBytesReadMax)
    }

    /// Sends one POST once, and blocks until the reply has come or its body is longer than is read. Any status is a reply.
    ///
    /// A body that ends too early, by the count of its sender, is no error either; one that has not ended at the deadline is.
    ///
    /// - Parameters:
    ///   - headers: no field that frames the message (`Host`, `Content-Length`, `Connection`, …): the transport writes those.
    ///   - endpointID: with whom connections are kept.
    ///   - deadline: crossed by no more than the time a thread takes to wake up. An attempt has 10 s at most.
    /// - Returns: the reply; its body has 1 KiB at most.
    /// - Throws: `TransportError`; `addressRefused` if the URL leads only to addresses that may not be reached.
    package func post(
        _ body: [UInt8], headers: HeaderFields, to url: WebhookURL, endpointID: Int64, by deadline: Deadline
    ) throws(TransportError) -> Response {
        let remaining = deadline.remainingMilliseconds
        guard remaining > 0 else { throw .deadlineExceeded(maybeSent: false) }
        let handle: CurlHandle
        if let idleHandle = takeIdle(endpointID) {
            handle = idleHandle
        } else {
            handle = try CurlHandle(configuration: configuration.handle, outbound: handling)
        }
        defer { putBack(handle, endpointID) }
        return try handle.perform(
            Request(.post, url.target, headers: headers, body: body), to: Origin(url),
            timeoutMilliseconds: min(remaining, configuration.attemptTimeoutMilliseconds))
    }

    private func takeIdle(_ endpointID: Int64) -> CurlHandle? {
        idle.withLock { handles in
            handles.lastIndex { $0.endpointID == endpointID }.map { handles.remove(at: $0).handle }
        }
    }

    private func putBack(_ handle: CurlHandle, _ endpointID: Int64) {
        let returned = IdleHandle(
            endpointID: endpointID, handle: handle,
            goodUntil: .after(milliseconds: configuration.idleConnectionSecondsMax * 1000))
        // Closed after the lock is given back: the end of a TLS connection is a message of its own.
        var closed: ArraySlice<IdleHandle> = []
        idle.withLock { handles in
            handles.append(returned)
            let oldCount = handles.prefix { $0.goodUntil.hasPassed }.count
            let closedCount = max(oldCount, handles.count - configuration.idleConnectionsMax)
            closed = handles.prefix(closedCount)
            handles.removeFirst(closedCount)
        }
        withExtendedLifetime(closed) {}
    }
}
