internal import Concurrency
private import Glibc
internal import HTTPMessages
internal import Synchronization

/// What the event loop's thread does with its connections: read, hand over, write, time out, close. Never waits.
final class ConnectionLoop {
    let configuration: HTTPServerConfiguration
    private let poller: Poller
    let shared: EventLoop.Shared
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    /// By descriptor.
    private var connections: [Connection?] = []
    private var tokensGiven: UInt64 = 0
    /// Connections whose request waits for its refusal.
    private var refusalsWaiting = 0
    /// No connection has an earlier deadline.
    private(set) var nextDeadline = Deadline(uptimeNanoseconds: .max)

    init(_ configuration: HTTPServerConfiguration, _ poller: Poller, _ shared: EventLoop.Shared) {
        self.configuration = configuration
        self.poller = poller
        self.shared = shared
    }

    deinit { scratch.deallocate() }

    /// Takes a connected socket, for good.
    func open(_ descriptor: Int32, remoteAddress: String) {
        // The low half finds the connection, the high half tells whether it is still the same one.
        tokensGiven = (tokensGiven + 1) & 0x7FFF_FFFF
        let token = tokensGiven << 32 | UInt64(descriptor)
        guard poller.add(descriptor, token: token, .reading) else {
            close(descriptor)
            return
        }
        let connection = Connection(
            descriptor, token: token, remoteAddress: remoteAddress, reader: RequestReader(configuration.limits),
            deadline: .after(milliseconds: configuration.headTimeoutMilliseconds))
        if connections.count <= Int(descriptor) {
            connections += Array(repeating: nil, count: Int(descriptor) + 1 - connections.count)
        }
        connections[Int(descriptor)] = connection
        nextDeadline = min(nextDeadline, connection.deadline)
        shared.load.opened()
    }

    /// Something happened on a socket.
    func handle(_ event: Poller.Event) {
        guard let connection = connection(event.token) else { return }
        switch connection.stage {
        case .reading: read(connection)
        case .handling where event.isBroken && shared.parked.drop(event.token): close(connection)
        case .handling(let exchange) where exchange.isBeingWritten && connection.looksAgain(): break
        case .handling(let exchange) where !exchange.attend():
            finishRequest(connection)
            read(connection)
        case .handling where event.isBroken:
            // The handler goes on to its end; its answer then closes what is left.
            poller.remove(connection.descriptor)
            connection.isBroken = true
        case .handling: setInterest(connection, [])
        case .writing where event.isBroken: close(connection)
        case .writing:
            settle(connection, connection.sendWaiting())
            advance(connection)
        case .lingering: drop(connection)
        }
    }

    /// Answers the requests that handlers have in their stead.
    func refuseHandled(_ refusal: RequestRefusal) {
        for case .handling(let exchange)? in connections.map({ $0?.stage }) { shared.answerFor(exchange, refusal) }
    }

    /// Cuts off every connection whose time is up, except those whose request a handler has: these are answered.
    func expire() {
        let now = Deadline.after(milliseconds: 0)
        var next = Deadline(uptimeNanoseconds: .max)
        for case let connection? in connections {
            if connection.deadline <= now { expire(connection, now) }
            if !isClosed(connection) { next = min(next, connection.deadline) }
        }
        nextDeadline = next
    }

    private func expire(_ connection: Connection, _ now: Deadline) {
        guard case .handling(let exchange) = connection.stage else {
            close(connection)
            return
        }
        guard exchange.attend() else {
            finishRequest(connection)
            connection.readerStage = .idle
            connection.deadline = exchange.sentAt.later(milliseconds: configuration.idleTimeoutMilliseconds)
            if connection.deadline <= now { close(connection) }
            return
        }
        if let refusal = connection.refusal {
            exchange.settle(shared.answers.refusal(refusal, exchange.request))
        } else if connection.requestDeadline <= now {
            shared.answerFor(exchange, .deadlineExceeded)
        } else {
            connection.deadline = connection.requestDeadline
            return
        }
        // What became of the answer is told through the outbox.
        connection.deadline = .after(milliseconds: configuration.writeTimeoutMilliseconds)
    }

    func closeAll() {
        for case let connection? in connections {
            if case .handling(let exchange) = connection.stage { exchange.abandon() }
            close(connection)
        }
    }

    private func read(_ connection: Connection) {
        switch connection.receive(scratch, { connection.reader.append($0) }) {
        case .some: advance(connection)
        case .nothing: break
        case .end, .failure: close(connection)
        }
    }

    private func drop(_ connection: Connection) {
        switch connection.receive(scratch, { _ in }) {
        case .some, .nothing: break
        case .end, .failure: close(connection)
        }
    }

    /// Goes on with what has been read, until more is needed or a worker has the request.
    func advance(_ connection: Connection) {
        while case .reading = connection.stage, !isClosed(connection) {
            let progress = connection.reader.next()
            if connection.headReadNanoseconds == nil, isHeadRead(progress, connection) {
                connection.headReadNanoseconds = Deadline.nowUptimeNanoseconds()
            }
            if !connection.isInFlight, isBegun(progress, connection) {
                connection.isInFlight = true
                shared.load.began()
            }
            switch progress {
            case .waiting:
                wait(connection)
                return
            case .awaitingContinue:
                // Only who reads nothing of what came before has no place for it.
                guard connection.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) == .all else {
                    close(connection)
                    return
                }
            case .whole(let request, let closes):
                connection.closesAfterAnswer = closes
                dispatch(request, connection)
            case .refused(let refusal, let request, let closes):
                connection.closesAfterAnswer = closes
                write(Answer(shared.answers.refusal(refusal, request), to: request?.method), connection)
            }
        }
    }

    private func isHeadRead(_ progress: RequestReader.Progress, _ connection: Connection) -> Bool {
        if case .whole = progress { true } else { connection.reader.stage == .body }
    }

    private func isBegun(_ progress: RequestReader.Progress, _ connection: Connection) -> Bool {
        switch progress {
        case .waiting, .awaitingContinue: connection.reader.hasBegun
        case .whole, .refused: true
        }
    }

    /// More bytes are needed; the time for them counts from the beginning of this stage of the request.
    private func wait(_ connection: Connection) {
        setInterest(connection, .reading)
        let stage = connection.reader.stage
        guard stage != connection.readerStage else { return }
        connection.readerStage = stage
        switch stage {
        case .idle: setDeadline(connection, configuration.idleTimeoutMilliseconds)
        case .head: setDeadline(connection, configuration.headTimeoutMilliseconds)
        case .body: setDeadline(connection, configuration.bodyTimeoutMilliseconds)
        }
    }

    private func dispatch(_ request: Request, _ connection: Connection) {
        guard !shared.isShuttingDown else {
            write(Answer(shared.answers.refusal(.shuttingDown, request), to: request.method), connection)
            return
        }
        let metadata = RequestMetadata(
            receivedAtUptimeNanoseconds: connection.headReadNanoseconds ?? Deadline.nowUptimeNanoseconds(),
            remoteAddress: connection.remoteAddress)
        // Nothing that the client sends brings the loop back to what it has already, or does not look at.
        let isAttended = connection.reader.stage != .idle || connection.interest != .reading
        let exchange = Exchange(
            request, metadata, connection, isAttended: isAttended, shared)
        connection.stage = .handling(exchange)
        connection.isInFlight = false  // It is the exchange that counts from here on.
        connection.requestDeadline = .after(milliseconds: configuration.requestTimeoutMilliseconds)
        // The connection may be idle long before the loop learns of it.
        setDeadline(
            connection, min(configuration.requestTimeoutMilliseconds, configuration.idleTimeoutMilliseconds))
        guard let refused = shared.submit(exchange), let waiting = self.connection(refused.token),
            case .handling(let current) = waiting.stage, current === refused
        else { return }
        refuse(waiting)
    }

    /// Lets a request that is too much wait for its refusal.
    private func refuse(_ connection: Connection) {
        connection.refusal = shared.isShuttingDown ? .shuttingDown : .overloaded
        refusalsWaiting += 1
        let range = configuration.refusalDelayMilliseconds
        let delay = min(max(refusalsWaiting, range.lowerBound), range.upperBound)
        // Rounded up, so that many come due together: each time, all connections are looked through.
        let step = ConnectionLoop.refusalStepNanoseconds
        let due = Deadline.after(milliseconds: delay).uptimeNanoseconds
        connection.deadline = Deadline(uptimeNanoseconds: (due + step - 1) / step * step)
        nextDeadline = min(nextDeadline, connection.deadline)
    }

    func forgetRefusal(_ connection: Connection) {
        guard connection.refusal != nil else { return }
        connection.refusal = nil
        refusalsWaiting -= 1
    }

    /// 20 ms: a fraction of the delay, and fifty times a second at most.
    private static let refusalStepNanoseconds: UInt64 = 20_000_000

    func setInterest(_ connection: Connection, _ interest: Poller.Interest) {
        guard connection.interest != interest else { return }
        connection.interest = interest
        poller.change(connection.descriptor, token: connection.token, interest)
    }

    func setDeadline(_ connection: Connection, _ milliseconds: Int) {
        connection.deadline = .after(milliseconds: milliseconds)
        nextDeadline = min(nextDeadline, connection.deadline)
    }

    func connection(_ token: UInt64) -> Connection? {
        let index = Int(token & 0xFFFF_FFFF)
        guard index < connections.count, let connection = connections[index], connection.token == token else {
            return nil
        }
        return connection
    }

    private func isClosed(_ connection: Connection) -> Bool { self.connection(connection.token) == nil }

    func close(_ connection: Connection) {
        guard !isClosed(connection) else { return }
        connections[Int(connection.descriptor)] = nil
        forgetRefusal(connection)
        close(connection.descriptor)
        if connection.isInFlight || connection.leavesFlight { shared.load.finished() }
        shared.load.closed()
    }

    private func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
}
