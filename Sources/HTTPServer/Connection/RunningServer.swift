private import Glibc
internal import Resilience
internal import Telemetry

/// What a server consists of between its start and its stop.
final class RunningServer: Sendable {
    let port: Int
    private let dispatcher: Dispatcher
    private let eventLoop: EventLoop
    private let acceptor: Acceptor
    private let reaper = Reaper()

    /// - Throws: as `HTTPServer.start`; whatever had been started is stopped again then.
    init(_ configuration: HTTPServerConfiguration, _ dispatcher: Dispatcher, logger: Logger) throws(HTTPServerError) {
        signal(SIGPIPE, SIG_IGN)
        let connectionsMax = RunningServer.connectionsMax(configuration)
        let socket = try ListenSocket.open(host: configuration.host, port: configuration.port)
        guard let acceptor = Acceptor(socket, dispatcher.connections, connectionsMax: connectionsMax, logger: logger),
            let eventLoop = EventLoop(dispatcher, configuration, connectionsMax: connectionsMax)
        else {
            close(socket.descriptor)
            throw .system("no descriptor or thread is left")
        }
        self.dispatcher = dispatcher
        self.eventLoop = eventLoop
        self.acceptor = acceptor
        port = socket.port
        guard dispatcher.workers.start(count: max(configuration.workersMax, 1)),
            reaper.start(dispatcher, everyMilliseconds: RunningServer.reaperMilliseconds(configuration)),
            acceptor.start(eventLoop)
        else {
            close(socket.descriptor)
            stop(by: .after(milliseconds: 0))
            throw .system("no thread is left")
        }
    }

    func stopAccepting() { acceptor.stop() }

    /// - Returns: whether every thread has ended; a handler that does not return keeps its own.
    @discardableResult
    func stop(by deadline: Deadline) -> Bool {
        dispatcher.drain()
        acceptor.stop()
        // A connection in use ends with its next answer; only those that nobody uses are cut off.
        _ = dispatcher.connections.waitUntilEmpty(
            by: deadline.capped(milliseconds: RunningServer.lastRequestsMilliseconds))
        _ = dispatcher.connections.waitUntilIdle(by: deadline)
        // From here on nothing new is handed to a worker: first the flag, then the queue, then whoever got through
        // between the two.
        dispatcher.shutDown()
        dispatcher.settleAll(dispatcher.workers.close(), Refusal.shuttingDown)
        dispatcher.settleAll(dispatcher.connections.handling, Refusal.shuttingDown)
        _ = dispatcher.connections.waitUntilIdle(by: .after(milliseconds: RunningServer.lastAnswersMilliseconds))
        reaper.stop()
        eventLoop.stop()
        return dispatcher.workers.join(by: .after(milliseconds: RunningServer.lastAnswersMilliseconds))
    }

    /// For clients with a connection open to send a request over it and learn that it was the last. 1 s: many requests'
    /// time for a client under load.
    private static let lastRequestsMilliseconds = 1000

    /// For refused requests to be told so. 500 ms: a few hundred bytes to clients that are waiting for them.
    private static let lastAnswersMilliseconds = 500

    /// Descriptors left to the rest of the process: database and outgoing connections, files, standard streams. 128:
    /// some more than the pools of this product hold.
    private static let reservedDescriptors = 128

    private static func connectionsMax(_ configuration: HTTPServerConfiguration) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < UInt(Int32.max)
        else { return configuration.connectionsMax }
        return min(configuration.connectionsMax, max(Int(limit.rlim_cur) - reservedDescriptors, 16))
    }

    /// A tenth of the shortest limit, so that none is missed by more; at least 10 ms, for tests, and at most 250 ms,
    /// which nobody notices in a limit of seconds.
    private static func reaperMilliseconds(_ configuration: HTTPServerConfiguration) -> Int {
        let shortest = min(
            configuration.headTimeoutMilliseconds, configuration.bodyTimeoutMilliseconds,
            configuration.requestTimeoutMilliseconds, configuration.writeTimeoutMilliseconds,
            configuration.idleTimeoutMilliseconds)
        return min(max(shortest / 10, 10), 250)
    }
}
