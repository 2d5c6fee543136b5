internal import Concurrency
private import Resilience

/// What a publisher's thread keeps: the connection, when the next may be tried, and what is under way.
final class PublisherSession {
    private let publisher: AMQPPublisher
    private var connection: BrokerConnection?
    private var reconnection: Reconnection
    /// The number that the broker gives the next message on this connection.
    private var nextTag: UInt64 = 1
    /// What was published last; settled, or still under way.
    private var window = ConfirmWindow(firstTag: 1, count: 0)
    private var unconfirmedSince = Deadline.after(milliseconds: 0)
    private var blockedReason: String?

    /// Nobody waits for it but the process's end.
    private static let closeMilliseconds = 500

    init(_ publisher: AMQPPublisher) {
        self.publisher = publisher
        reconnection = Reconnection(publisher.retryPolicy)
    }

    var isConnected: Bool { connection != nil }

    /// Reads what the broker has said since the last time, and lets the library send its heartbeats.
    func listen() {
        guard let connection else { return }
        do throws(AMQPFailure) {
            try readWhatIsThere(connection)
            guard window.isSettled || blockedReason != nil || !isUnconfirmedForTooLong else { throw .timedOut }
        } catch {
            lose(error)
        }
    }

    /// Publishes a window, over a new connection if need be.
    ///
    /// - Returns: nil once every message is confirmed.
    func publish(_ job: AMQPPublisher.Job) -> AMQPPublishError? {
        // The caller stops waiting at the deadline itself; what is known by then must have got to it.
        let deadline = job.deadline.leavingTimeToAnswer
        while true {
            let connection: BrokerConnection
            switch connect(by: deadline) {
            case .failure(let failure): return .nothingAccepted(failure)
            case .success(let made): connection = made
            }
            do throws(AMQPFailure) {
                try readWhatIsThere(connection)
                if let failure = try waitForTurn(connection, by: deadline) { return .nothingAccepted(failure) }
            } catch {
                // Nothing of this window was sent yet.
                lose(error)
                continue
            }
            guard publisher.beginSending(job) else { return .nothingAccepted(.timedOut) }
            do throws(AMQPFailure) {
                let end = deadline.capped(milliseconds: publisher.configuration.confirmTimeoutMilliseconds)
                try send(job.window, over: connection, by: end)
                return try waitForConfirms(connection, by: end).map { .maybeAccepted($0) }
            } catch {
                lose(error)
                return .maybeAccepted(error)
            }
        }
    }

    /// Closes in order, where that is quick.
    func close() {
        connection?.close(by: .after(milliseconds: PublisherSession.closeMilliseconds))
        connection = nil
    }

    private func connect(by deadline: Deadline) -> Result<BrokerConnection, AMQPFailure> {
        if let connection { return .success(connection) }
        let result = reconnection.run(
            by: deadline, isStopping: { publisher.isStopping }, pause: { publisher.pause(until: $0) },
            observe: publisher.observe
        ) { () throws(AMQPFailure) in
            let limit = deadline.capped(milliseconds: publisher.configuration.connectTimeoutMilliseconds)
            let connection = try BrokerConnection(publisher.configuration, by: limit)
            try connection.declareExchange(publisher.exchange, by: limit)
            try connection.requestConfirms(by: limit)
            return connection
        }
        if case .success(let made) = result {
            connection = made
            nextTag = 1
            window = ConfirmWindow(firstTag: 1, count: 0)
            publisher.changeStatus { $0.isConnected = true }
            publisher.observe(.connected)
        }
        return result
    }

    private func lose(_ failure: AMQPFailure) {
        connection = nil
        reconnection.didEnd(failure, wasConnected: true)
        setBlocked(nil)
        publisher.changeStatus { $0.isConnected = false }
        publisher.observe(.connectionLost(failure))
    }

    /// Waits until nothing is under way and the broker takes messages.
    ///
    /// - Returns: why not, when `deadline` comes first.
    private func waitForTurn(
        _ connection: BrokerConnection, by deadline: Deadline
    ) throws(AMQPFailure) -> AMQPFailure? {
        while !window.isSettled || blockedReason != nil {
            if publisher.isStopping { return .stopped }
            if deadline.hasPassed { return blockedReason.map { .blocked(reason: $0) } ?? .timedOut }
            guard blockedReason != nil || !isUnconfirmedForTooLong else { throw .timedOut }
            try readOne(connection, by: deadline)
        }
        return nil
    }

    private func send(
        _ messages: PublishWindow, over connection: BrokerConnection, by deadline: Deadline
    ) throws(AMQPFailure) {
        window = ConfirmWindow(firstTag: nextTag, count: messages.messages.count)
        nextTag += UInt64(messages.messages.count)
        unconfirmedSince = .after(milliseconds: 0)
        try connection.publish(messages.messages, to: publisher.exchange, by: deadline)
    }

    private func waitForConfirms(
        _ connection: BrokerConnection, by deadline: Deadline
    ) throws(AMQPFailure) -> AMQPFailure? {
        while !window.isSettled {
            if publisher.isStopping { return .stopped }
            if deadline.hasPassed { return blockedReason.map { .blocked(reason: $0) } ?? .timedOut }
            try readOne(connection, by: deadline)
        }
        return window.notTakenCount == 0 ? nil : .notTaken(count: window.notTakenCount)
    }

    private var isUnconfirmedForTooLong: Bool {
        unconfirmedSince.later(milliseconds: publisher.configuration.unconfirmedSecondsMax * 1000).hasPassed
    }

    private func readWhatIsThere(_ connection: BrokerConnection) throws(AMQPFailure) {
        while let frame = try connection.nextFrame(by: .after(milliseconds: 0)) { try take(frame) }
    }

    /// Waits for no longer than a second at once, so that a stop is heard.
    private func readOne(_ connection: BrokerConnection, by deadline: Deadline) throws(AMQPFailure) {
        if let frame = try connection.nextFrame(by: deadline.capped(milliseconds: 1000)) { try take(frame) }
    }

    private func take(_ frame: BrokerFrame) throws(AMQPFailure) {
        switch frame {
        case .confirmed(let tag, let isMultiple): try settle(tag, isMultiple, isTaken: true)
        case .notTaken(let tag, let isMultiple): try settle(tag, isMultiple, isTaken: false)
        case .returned(let routingKey): publisher.observe(.returned(routingKey: routingKey))
        case .blocked(let reason): setBlocked(reason)
        case .unblocked:
            setBlocked(nil)
            // The broker could confirm nothing before.
            unconfirmedSince = .after(milliseconds: 0)
        case .delivered, .consumerCanceled: throw .lost("it delivers to whom consumes nothing")
        }
    }

    private func settle(_ tag: UInt64, _ isMultiple: Bool, isTaken: Bool) throws(AMQPFailure) {
        let before = window.pendingCount
        guard window.settle(tag: tag, isMultiple: isMultiple, isTaken: isTaken) else {
            throw .lost("it confirms message \(tag), which is not under way")
        }
        let count = UInt64(before - window.pendingCount)
        if isTaken { publisher.changeStatus { $0.confirmedCount += count } }
    }

    private func setBlocked(_ reason: String?) {
        guard reason != blockedReason else { return }
        let wasBlocked = blockedReason != nil
        blockedReason = reason
        publisher.changeStatus { $0.blockedReason = reason }
        if let reason {
            publisher.observe(.blocked(reason: reason))
        } else if wasBlocked {
            publisher.observe(.unblocked)
        }
    }
}
