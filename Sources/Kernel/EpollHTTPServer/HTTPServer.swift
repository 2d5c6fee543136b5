package import Concurrency
package import HTTPMessages
package import Telemetry

/// An HTTP/1.1 server (RFC 9110, RFC 9112) whose handlers are synchronous functions on a bounded number of threads.
///
/// One thread reads and writes all connections; a request whose body is whole waits in a bounded queue for a worker.
/// What is malformed, too large, too late or too much is refused before a handler sees it, with the response that `refuse`
/// gives. Requests on one connection are answered in order. A server runs once: `start`, then `stop`, without which its
/// threads outlive it.
package final class HTTPServer: Sendable {
    private enum Stage {
        case new, starting
        case running(RunningServer)
        case stopping, stopped
    }

    private let configuration: HTTPServerConfiguration
    private let logger: Logger
    private let answers: AnswerSource
    private let stage = Lock(Stage.new)

    /// - Parameters:
    ///   - respond: the handler of every request, called on a worker's thread. Its `Content-Length` is dropped, and a
    ///     response that cannot be written as it is (a line end in a field value, more than 4 KiB of fields) becomes a 500
    ///     and a line in the log. What it gives after `requestTimeoutMilliseconds` is dropped. A
    ///     request that it parks waits without a worker, and its connection is answered when it is resumed.
    ///   - refuse: the response to a request that the server refuses, with the request as far as it was read, its body left out.
    ///     Called on any of the server's threads; it must not wait.
    ///   - classify: what a request counts as when there are more than can be served at once. It must not wait.
    ///   - answersAtOnce: whether `respond` waits for nothing at this request, so that the thread that read it calls `respond`.
    package init(
        _ configuration: HTTPServerConfiguration, logger: Logger,
        respond: @escaping @Sendable (Request, RequestMetadata) -> RequestOutcome,
        refuse: @escaping @Sendable (RequestRefusal, Request?) -> Response,
        classify: @escaping @Sendable (Request, RequestMetadata) -> RequestClass = {
            RequestClass(.ordinary, caller: $1.remoteAddress)
        },
        answersAtOnce: @escaping @Sendable (Request) -> Bool = { _ in false }
    ) {
        self.configuration = configuration
        self.logger = logger
        answers = AnswerSource(
            respond: respond, refuse: refuse, classify: classify, answersAtOnce: answersAtOnce, logger: logger)
    }

    /// Listens, and serves until `stop`. Has the process ignore SIGPIPE, which a client that goes away would raise.
    ///
    /// - Throws: `addressInUse`, `addressInvalid` or `permissionDenied` where the configuration is at fault, `system`
    ///   where threads or descriptors are, `alreadyStarted` on a second call.
    package func start() throws(HTTPServerError) {
        let isFirst = stage.withLock { stage in
            guard case .new = stage else { return false }
            stage = .starting
            return true
        }
        guard isFirst else { throw .alreadyStarted }
        do throws(HTTPServerError) {
            let running = try RunningServer(configuration, answers, logger: logger)
            stage.withLock { $0 = .running(running) }
        } catch {
            stage.withLock { $0 = .stopped }
            throw error
        }
    }

    /// The port listened on; 0 when the server does not run.
    package var port: Int { running?.port ?? 0 }

    /// Ends each open connection with its next answer, so that clients open another, to this server or elsewhere.
    package func retireConnections() {
        running?.retireConnections()
    }

    /// Accepts no more connections, and ends each that is open with its next answer. Requests are still served.
    package func beginDraining() {
        running?.beginDraining()
    }

    /// Drains, gives open connections up to a second for one more request, waits until `deadline` for those in flight,
    /// answers the rest with 503 `shutting-down`, and ends every thread but those of handlers that do not return. Takes
    /// at most a second beyond `deadline`. A second call only waits for the first; one before `start` forbids it.
    ///
    /// - Returns: whether it has come to its end, with no handler left that does not return.
    @discardableResult
    package func stop(by deadline: Deadline) -> Bool {
        let running = stage.withLock { stage -> RunningServer? in
            switch stage {
            case .running(let running):
                stage = .stopping
                return running
            case .new: stage = .stopped
            case .starting, .stopping, .stopped: break
            }
            return nil
        }
        guard let running else {
            return stage.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { stage -> Bool? in
                if case .stopped = stage { true } else { nil }
            } ?? false
        }
        let isComplete = running.stop(by: deadline)
        stage.withLock { $0 = .stopped }
        stage.broadcast()
        return isComplete
    }

    /// Requests from their first line to the last byte of their answers, those of them that wait for a worker, those that
    /// wait without one, and open connections.
    package var load: (inFlight: Int, queued: Int, parked: Int, connections: Int) {
        running?.load ?? (0, 0, 0, 0)
    }

    private var running: RunningServer? {
        stage.withLock { stage in
            if case .running(let running) = stage { running } else { nil }
        }
    }
}
