internal import Concurrency
private import Glibc
internal import HTTPMessages
internal import Synchronization
internal import Telemetry

/// The thread that accepts, reads, writes and closes connections, and hands whole requests to the workers.
final class EventLoop: Sendable {
    /// What the loop shares with other threads.
    final class Shared: Sendable {
        let answers: AnswerSource
        let workers: WorkerPool<HandlerCall>
        /// For requests that ask how the service is, when the others have more to do than they can.
        let serviceWorkers: WorkerPool<HandlerCall>
        let parked: ParkedRequests
        let load = ServerLoad()
        let date = HTTPDate()
        let outbox: Outbox
        private let run: @Sendable (HandlerCall, WorkerPool<HandlerCall>) -> Void
        private let logger: Logger
        private let draining = Atomic(false)
        private let shuttingDown = Atomic(false)

        init(
            _ answers: AnswerSource, _ configuration: HTTPServerConfiguration, outbox: Outbox, poller: Poller,
            logger: Logger
        ) {
            self.answers = answers
            self.outbox = outbox
            self.logger = logger
            let parked = ParkedRequests(countMax: configuration.parkedMax) { poller.wake() }
            self.parked = parked
            let run = { @Sendable (call: HandlerCall, workers: WorkerPool<HandlerCall>) in
                guard let waiting = answers.handle(call) else { return }
                parked.park(call.exchange, waiting) { call in
                    switch workers.submit(call, RequestClass(.ordinary, caller: "")) {
                    case .queued: break
                    case .replaced(let other): Shared.refuse(other, answers)
                    case .refused: Shared.refuse(call, answers)
                    }
                }
            }
            self.run = run
            workers = WorkerPool(
                workersMax: configuration.workersMax, activeMax: configuration.activeMax ?? configuration.workersMax,
                activeMilliseconds: configuration.activeMilliseconds, queueMax: configuration.queueMax, run: run)
            serviceWorkers = WorkerPool(
                workersMax: Shared.serviceWorkersMax, activeMax: Shared.serviceWorkersMax,
                activeMilliseconds: configuration.activeMilliseconds, queueMax: Shared.serviceQueueMax, run: run)
        }

        /// 2: one more than may wait for the database's sign of life at a time.
        private static let serviceWorkersMax = 2

        /// 256 requests: more than there are probes and collectors of metrics, however often they ask.
        private static let serviceQueueMax = 256

        private static func refuse(_ call: HandlerCall, _ answers: AnswerSource) {
            call.exchange.settle(answers.refusal(.overloaded, call.exchange.request))
        }

        /// Hands a request to a worker, unless it is answered at once.
        ///
        /// - Returns: the request that is refused, if there are too many: this one, or another that comes after it.
        func submit(_ exchange: Exchange) -> Exchange? {
            let call = HandlerCall(exchange)
            guard !answers.answersAtOnce(exchange.request) else {
                run(call, workers)
                return nil
            }
            // Which comes first matters only when one has to wait.
            let requestClass =
                workers.isBusy
                ? answers.classify(exchange.request, exchange.metadata) : RequestClass(.ordinary, caller: "")
            let workers = requestClass.priority == .service ? serviceWorkers : workers
            switch workers.submit(call, requestClass) {
            case .queued: return nil
            case .replaced(let other): return other.exchange
            case .refused: return exchange
            }
        }

        /// Whether answers end their connection.
        var isDraining: Bool { draining.load(ordering: .acquiring) }

        func drain() { draining.store(true, ordering: .releasing) }

        /// Whether every request is refused.
        var isShuttingDown: Bool { shuttingDown.load(ordering: .acquiring) }

        func shutDown() { shuttingDown.store(true, ordering: .releasing) }

        /// Answers a request in its handler's stead; what the handler says later is dropped.
        func answerFor(_ exchange: Exchange, _ refusal: RequestRefusal) {
            guard !exchange.isSettled, exchange.settle(answers.refusal(refusal, exchange.request)) else { return }
            logger.warning("A request was answered in its handler's stead.", ["reason": String(describing: refusal)])
        }
    }

    let shared: Shared
    private let configuration: HTTPServerConfiguration
    private let connectionsMax: Int
    private let poller: Poller
    private let logger: Logger
    private let hasStoppedAccepting = Lock(false)
    private let thread = Lock<Thread?>(nil)

    /// - Parameter connectionsMax: open at once; those beyond wait in the system's backlog.
    /// - Returns: nil when the system has no descriptor left.
    init?(_ configuration: HTTPServerConfiguration, answers: AnswerSource, connectionsMax: Int, logger: Logger) {
        guard let poller = Poller() else { return nil }
        self.poller = poller
        self.configuration = configuration
        self.connectionsMax = connectionsMax
        self.logger = logger
        shared = Shared(
            answers, configuration, outbox: Outbox(waking: poller), poller: poller, logger: logger)
    }

    /// Serves the connections that come in on `socket`, which is the loop's from here on. False when the system has no
    /// thread left.
    func start(_ socket: ListenSocket) -> Bool {
        let started = Thread.start { [self] in run(socket) }
        thread.withLock { $0 = started }
        return started != nil
    }

    /// Accepts what is in the backlog, then listens no more. Returns when that is done.
    func stopAccepting() {
        guard thread.withLock({ $0 != nil }) else { return }
        shared.outbox.stopAccepting()
        let limit = Deadline.after(milliseconds: EventLoop.turnMilliseconds).uptimeNanoseconds
        _ = hasStoppedAccepting.wait(untilUptimeNanoseconds: limit) { $0 ? true : nil }
    }

    /// Answers the requests that handlers have in the handlers' stead.
    func refuseHandled() { shared.outbox.refuseHandled() }

    /// Closes every connection and ends the thread. A second call does nothing.
    func stop() {
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        shared.outbox.stop()
        running?.join()
        poller.close()
    }

    /// For the loop to come round. 1 s: it never waits for anybody, so only a machine without time to give makes it longer.
    private static let turnMilliseconds = 1000

    private func run(_ socket: ListenSocket) {
        let connections = ConnectionLoop(configuration, poller, shared)
        var acceptor: Acceptor? = Acceptor(socket, poller, connectionsMax: connectionsMax, logger: logger)
        while true {
            let limit = min(
                connections.nextDeadline, shared.parked.nextDeadline,
                acceptor?.pauseEnd ?? Deadline(uptimeNanoseconds: .max))
            poller.wait(milliseconds: EventLoop.milliseconds(until: limit)) { event in
                if event.token == Acceptor.token {
                    acceptor?.accept(into: connections, load: shared.load)
                } else {
                    connections.handle(event)
                }
            }
            let contents = shared.outbox.take()
            for (delivery, token) in contents.deliveries { connections.take(delivery, token) }
            if contents.refusesHandled { connections.refuseHandled(.shuttingDown) }
            if connections.nextDeadline.hasPassed { connections.expire() }
            if shared.parked.nextDeadline.hasPassed { shared.parked.expire() }
            acceptor?.resume(load: shared.load)
            if contents.stopsAccepting || contents.stops {
                acceptor?.accept(into: connections, load: shared.load)
                acceptor?.close()
                acceptor = nil
                hasStoppedAccepting.withLock { $0 = true }
                hasStoppedAccepting.broadcast()
            }
            if contents.stops { break }
        }
        connections.closeAll()
    }

    /// Rounded up, so that the deadline has passed at the end; -1 for a deadline that never comes.
    private static func milliseconds(until deadline: Deadline) -> Int32 {
        guard deadline.uptimeNanoseconds != .max else { return -1 }
        return deadline.hasPassed ? 0 : Int32(min(deadline.remainingMilliseconds + 1, 60_000))
    }
}
