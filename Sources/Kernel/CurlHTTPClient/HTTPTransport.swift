package import Concurrency
package import HTTPMessages

/// Sends one request once.
package protocol HTTPTransport: Sendable {
    /// The longest that one `send` takes, however far its deadline is.
    var attemptTimeoutMilliseconds: Int { get }

    /// Blocks the calling thread until the reply is complete. Any status is a reply, redirects included.
    ///
    /// The request goes out at most once: a repetition, even on a connection that the other side had just closed, is the
    /// caller's decision.
    ///
    /// - Parameters:
    ///   - request: its target is the path and query that follow the origin's base path. It carries no field that frames
    ///     the message (`Host`, `Content-Length`, `Connection`, …): the transport writes those.
    ///   - deadline: never crossed by more than the time a thread takes to wake up.
    func send(_ request: Request, to origin: Origin, by deadline: Deadline) throws(TransportError) -> Response
}
