package import Concurrency
package import HTTPMessages

/// HTTP/1.1 by libcurl, over connections that are kept alive.
///
/// Follows no redirect, keeps no cookie, and takes no proxy from the environment: what leaves the process goes where the
/// configuration says and nowhere else. May be used from any number of threads; each `send` has a handle to itself.
package final class CurlTransport: HTTPTransport {
    private let configuration: CurlTransportConfiguration
    /// The last one returned is the first one taken, so that few connections stay warm and the rest grow old.
    private let idle = Lock<[CurlHandle]>([])

    package init(configuration: CurlTransportConfiguration = CurlTransportConfiguration()) {
        self.configuration = configuration
    }

    /// Whether libcurl looks names up beside the thread that waits, so that the time-outs hold for them too.
    package static var resolvesInBackground: Bool { CurlHandle.resolvesInBackground }

    package var attemptTimeoutMilliseconds: Int { configuration.attemptTimeoutMilliseconds }

    package func send(
        _ request: Request, to origin: Origin, by deadline: Deadline
    ) throws(TransportError) -> Response {
        let remaining = deadline.remainingMilliseconds
        guard remaining > 0 else { throw .deadlineExceeded(maybeSent: false) }
        let handle: CurlHandle
        if let idleHandle = idle.withLock({ $0.popLast() }) {
            handle = idleHandle
        } else {
            handle = try CurlHandle(configuration: configuration)
        }
        defer { putBack(handle) }
        do throws(TransportError) {
            return try handle.perform(
                request, to: origin,
                timeoutMilliseconds: min(remaining, configuration.attemptTimeoutMilliseconds))
        } catch {
            throw attribute(error, deadline: deadline)
        }
    }

    private func putBack(_ handle: CurlHandle) {
        idle.withLock { handles in
            if handles.count < configuration.handlesMax { handles.append(handle) }
        }
    }

    /// A time limit of the handle is the deadline's only when that has really come; timers fire up to 1 ms early.
    private func attribute(_ error: TransportError, deadline: Deadline) -> TransportError {
        guard case .deadlineExceeded(let maybeSent) = error, deadline.remainingMilliseconds > 1 else { return error }
        return maybeSent
            ? .maybeSent(reason: "no complete reply within \(configuration.attemptTimeoutMilliseconds) ms")
            : .notSent(reason: "no connection within \(configuration.connectTimeoutMilliseconds) ms")
    }
}
