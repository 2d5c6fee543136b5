internal import HTTPTypes
internal import Resilience
internal import Synchronization
internal import Telemetry

/// Takes requests from the event loop to the workers, and refuses those that must not or cannot get there.
///
/// All but `settleAll`, `drain` and `shutDown` runs on the event loop's thread, so none of it may wait.
final class Dispatcher: Sendable {
    let connections = ConnectionTable()
    let workers: WorkerPool<Exchange>
    let logger: Logger
    private let configuration: HTTPServerConfiguration
    private let answers: AnswerSource
    /// The thread on which connections may be looked at.
    let eventLoopThread = Atomic<UInt>(0)
    private let draining = Atomic(false)
    private let shuttingDown = Atomic(false)

    init(_ configuration: HTTPServerConfiguration, answers: AnswerSource, logger: Logger) {
        self.configuration = configuration
        self.answers = answers
        self.logger = logger
        workers = WorkerPool(queueMax: configuration.queueMax) { answers.handle($0) }
    }

    /// Whether answers end their connection.
    var isDraining: Bool { draining.load(ordering: .acquiring) }

    func drain() { draining.store(true, ordering: .releasing) }

    /// From here on every request is refused.
    func shutDown() { shuttingDown.store(true, ordering: .releasing) }

    func opened(_ descriptor: Int32, remoteAddress: String) {
        connections.opened(
            descriptor, remoteAddress: remoteAddress,
            deadline: .after(milliseconds: configuration.headTimeoutMilliseconds)
        )
    }

    func requestLineRead(_ exchange: Exchange, queryFieldCount: Int) {
        connections.began(exchange, deadline: .after(milliseconds: configuration.headTimeoutMilliseconds))
        if queryFieldCount > Refusal.queryFieldsMax {
            refuseAtOnce(exchange, Refusal.targetTooLong(bytesMax: configuration.targetBytesMax))
        }
    }

    /// - Returns: the refusal, or nil to go on with the body.
    func headRead(_ head: RequestHead, for exchange: Exchange) -> Response? {
        var request: Request?
        do throws(Problem) {
            let read = try RequestFraming.request(of: head, limits: configuration)
            request = read
            let (body, isAwaitingContinue) = try RequestFraming.body(
                after: head.fields, version: head.version)
            if case .counted(let count) = body, count > configuration.bodyBytesMax {
                exchange.isBodyTooLarge = true
                // Without `Expect` the body is on its way already; it is read and dropped, or closing the connection
                // under it would destroy the answer.
                if isAwaitingContinue { throw Refusal.bodyTooLarge(bytesMax: configuration.bodyBytesMax) }
            }
            exchange.isLastOnConnection = body == .chunked && !EventLoop.checksChunkLines
            exchange.request = read
            exchange.arrival = Arrival(
                uptimeNanoseconds: Deadline.nowUptimeNanoseconds(),
                remoteAddress: connections.remoteAddress(of: exchange))
            if body != .none {
                connections.advanced(
                    exchange, deadline: .after(milliseconds: configuration.bodyTimeoutMilliseconds))
            }
            return nil
        } catch {
            return refuse(exchange, error, request)
        }
    }

    /// The library is about to refuse a head that it did not hand over, for its `Content-Length` or want of memory.
    func headUnreadable(_ fields: [RequestHead.Field], for exchange: Exchange) {
        do throws(Problem) {
            guard case .counted = try RequestFraming.body(after: fields, version: "HTTP/1.1").body else {
                throw Refusal.headersTooLarge(
                    bytesMax: configuration.headerBytesMax, fieldsMax: configuration.headerFieldsMax)
            }
            throw Refusal.bodyTooLarge(bytesMax: configuration.bodyBytesMax)
        } catch {
            refuseAtOnce(exchange, error)
        }
    }

    func bodyArrived(_ bytes: UnsafeBufferPointer<UInt8>, for exchange: Exchange) {
        exchange.bodyBytesReceived += bytes.count
        if exchange.bodyBytesReceived > configuration.bodyBytesMax { exchange.isBodyTooLarge = true }
        if !exchange.isBodyTooLarge {
            exchange.request?.body.append(contentsOf: bytes)
        } else if exchange.bodyBytesReceived > configuration.bodyBytesMax * Dispatcher.discardedBodiesMax {
            refuseAtOnce(exchange, Refusal.bodyTooLarge(bytesMax: configuration.bodyBytesMax))
        } else {
            exchange.request?.body = []
        }
    }

    /// - Returns: the refusal, or nil when the request is to be dispatched.
    func bodyRead(for exchange: Exchange) -> Response? {
        if exchange.isBodyTooLarge {
            return refuse(exchange, Refusal.bodyTooLarge(bytesMax: configuration.bodyBytesMax), exchange.request)
        }
        if shuttingDown.load(ordering: .acquiring) {
            return refuse(exchange, Refusal.shuttingDown, exchange.request)
        }
        connections.advanced(
            exchange, deadline: .after(milliseconds: configuration.requestTimeoutMilliseconds), isHandling: true)
        return nil
    }

    /// Queues a request whose connection is suspended. It is settled at once when the queue has no room.
    func dispatch(_ exchange: Exchange) {
        guard !workers.submit(exchange) else { return }
        let problem = shuttingDown.load(ordering: .acquiring) ? Refusal.shuttingDown : Refusal.overloaded
        exchange.settle(answers.refusal(problem, exchange.request))
    }

    /// The answer is about to be written.
    func answering(_ exchange: Exchange) {
        connections.advanced(exchange, deadline: .after(milliseconds: configuration.writeTimeoutMilliseconds))
    }

    func finished(_ exchange: Exchange) {
        connections.finished(exchange, deadline: .after(milliseconds: configuration.idleTimeoutMilliseconds))
    }

    /// Answers requests in the handlers' stead; what the handlers say later is dropped.
    func settleAll(_ exchanges: [Exchange], _ problem: Problem) {
        for exchange in exchanges where !exchange.isSettled {
            if exchange.settle(answers.refusal(problem, exchange.request)) {
                logger.warning("A request was answered in its handler's stead.", ["code": problem.code])
            }
        }
    }

    /// Writes a refusal past the library, which can be told to answer only before the body or after it, and lets it
    /// read on until the client closes.
    private func refuseAtOnce(_ exchange: Exchange, _ problem: Problem) {
        guard exchange.stage != .refused else { return }
        exchange.stage = .refused
        let response = answers.refusal(problem, exchange.request)
        exchange.end(with: ResponseFraming.closingMessage(response, hasBody: exchange.request?.method != .head))
        connections.advanced(exchange, deadline: .after(milliseconds: Dispatcher.lingerMilliseconds))
    }

    private func refuse(_ exchange: Exchange, _ problem: Problem, _ request: Request?) -> Response {
        exchange.request = request
        return answers.refusal(problem, request)
    }

    /// Bodies' worth of bytes that are read and dropped before a body that is too large is cut off. 4: a client that is
    /// a little over the limit gets its answer, and a flood costs no memory.
    private static let discardedBodiesMax = 4
    /// For a client to read a refusal while it still sends. 2 s: a round trip and its retransmission.
    private static let lingerMilliseconds = 2000
}
