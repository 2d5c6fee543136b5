internal import Concurrency
private import Glibc
private import HTTPMessages
internal import Telemetry

/// What a server consists of between its start and its stop.
final class RunningServer: Sendable {
    let port: Int
    private let eventLoop: EventLoop
    private let workers: WorkerPool<HandlerCall>
    private let serviceWorkers: WorkerPool<HandlerCall>

    /// - Throws: as `HTTPServer.start`; whatever had been started is stopped again then.
    init(_ configuration: HTTPServerConfiguration, _ answers: AnswerSource, logger: Logger) throws(HTTPServerError) {
        signal(SIGPIPE, SIG_IGN)
        let socket = try ListenSocket.open(host: configuration.host, port: configuration.port)
        let eventLoop = EventLoop(
            configuration, answers: answers, connectionsMax: RunningServer.connectionsMax(configuration), logger: logger
        )
        guard let eventLoop else {
            close(socket.descriptor)
            throw .system("no descriptor is left")
        }
        self.eventLoop = eventLoop
        workers = eventLoop.shared.workers
        serviceWorkers = eventLoop.shared.serviceWorkers
        port = socket.port
        guard workers.start(), serviceWorkers.start(), eventLoop.start(socket) else {
            close(socket.descriptor)
            stop(by: .after(milliseconds: 0))
            throw .system("no thread is left")
        }
    }

    /// Requests in flight, those of them that wait for a worker or without one, and open connections.
    var load: (inFlight: Int, queued: Int, parked: Int, connections: Int) {
        let load = eventLoop.shared.load.current
        return (load.inFlight, workers.queued + serviceWorkers.queued, eventLoop.shared.parked.count, load.connections)
    }

    func retireConnections() { eventLoop.shared.drain() }

    func beginDraining() {
        retireConnections()
        eventLoop.shared.parked.close()
        eventLoop.stopAccepting()
    }

    /// - Returns: whether every thread has ended; a handler that does not return keeps its own.
    @discardableResult
    func stop(by deadline: Deadline) -> Bool {
        beginDraining()
        let load = eventLoop.shared.load
        // A connection in use ends with its next answer; only those that nobody uses are cut off.
        _ = load.waitUntilEmpty(by: deadline.capped(milliseconds: RunningServer.lastRequestsMilliseconds))
        _ = load.waitUntilIdle(by: deadline)
        // From here on nothing new is handed to a worker: first the flag, then the queue, then whoever got through
        // between the two.
        eventLoop.shared.shutDown()
        for call in workers.close() + serviceWorkers.close() {
            eventLoop.shared.answerFor(call.exchange, .shuttingDown)
        }
        eventLoop.refuseHandled()
        _ = load.waitUntilIdle(by: .after(milliseconds: RunningServer.lastAnswersMilliseconds))
        eventLoop.stop()
        let end = Deadline.after(milliseconds: RunningServer.lastAnswersMilliseconds)
        return [workers.join(by: end), serviceWorkers.join(by: end)].allSatisfy { $0 }
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
}
