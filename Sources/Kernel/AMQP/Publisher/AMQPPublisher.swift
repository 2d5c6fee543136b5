package import Concurrency
internal import Resilience

/// Publishes windows of messages to a topic exchange, and knows of each window whether the broker has it.
///
/// One thread owns the connection: heartbeats travel only while the library is called, so it does that every second. It connects
/// with the first window, again after each loss, and declares the exchange each time.
///
/// A publication that is over by its deadline with `maybeAccepted` leaves messages under way. They are waited for before the next
/// window is sent, so that never more than one window is unconfirmed.
package final class AMQPPublisher: Sendable {
    /// What the publisher knows of its broker now.
    package struct Status: Sendable, Hashable {
        package internal(set) var isConnected = false
        /// Why the broker takes no messages; nil while it does.
        package internal(set) var blockedReason: String?
        /// Since the start.
        package internal(set) var confirmedCount: UInt64 = 0
    }

    struct Job {
        let id: UInt64
        let window: PublishWindow
        let deadline: Deadline
    }

    /// Where the one publication is that there can be at a time.
    private enum Turn {
        case free
        case waiting(Job)
        /// Nothing of it was sent yet.
        case running(id: UInt64)
        case sending(id: UInt64)
        /// Its caller has gone; it will be `free` when it has ended.
        case abandoned(id: UInt64)
        case done(id: UInt64, AMQPPublishError?)
    }

    private enum Stage {
        case new, running, ended
    }

    private struct State {
        var stage = Stage.new
        var isStopping = false
        var turn = Turn.free
        var lastID: UInt64 = 0
        var status = Status()
    }

    let configuration: AMQPConfiguration
    let exchange: String
    let retryPolicy: RetryPolicy
    let observe: @Sendable (AMQPEvent) -> Void
    private let state = Lock(State())

    /// The broker's heartbeats are looked for, and ours sent, so often.
    private static let tickMilliseconds = 1000

    /// - Parameters:
    ///   - exchange: at most 255 bytes.
    ///   - reconnectPauseMillisecondsMax: 5 s: soon after a broker is back, and one attempt of each instance in that time meanwhile.
    ///   - observe: called on the publisher's thread; it must not wait.
    package init(
        _ configuration: AMQPConfiguration, exchange: String, reconnectPauseMillisecondsMax: Int = 5000,
        observe: @escaping @Sendable (AMQPEvent) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.exchange = exchange
        retryPolicy = RetryPolicy(
            attemptsMax: .max, baseMilliseconds: 100, capMilliseconds: reconnectPauseMillisecondsMax)
        self.observe = observe
    }

    package var status: Status { state.withLock { $0.status } }

    /// Starts its thread. A publisher is started once.
    ///
    /// - Returns: whether a thread could be had; false, too, for one that was started before.
    package func start() -> Bool {
        let isFirst = state.withLock { state in
            guard state.stage == .new else { return false }
            state.stage = .running
            return true
        }
        guard isFirst else { return false }
        let thread = Thread.start { [self] in
            let session = PublisherSession(self)
            run(session)
            session.close()
            didEnd()
        }
        if let thread { thread.detach() } else { didEnd() }
        return thread != nil
    }

    /// Publishes the messages in their order and waits until the broker has confirmed all of them. An empty window is nothing to do.
    ///
    /// Windows of several callers go one after the other. Confirms are waited for no longer than `confirmTimeoutMilliseconds`.
    ///
    /// - Throws: where not every message is confirmed. `maybeAccepted`: the broker may have some of them.
    package func publish(_ window: PublishWindow, by deadline: Deadline) throws(AMQPPublishError) {
        guard !window.isEmpty else { return }
        let id = try takeTurn(window, by: deadline)
        if let error = try waitForEnd(of: id, by: deadline) { throw error }
    }

    /// Takes no more windows, ends the one under way as failed, and closes the connection. Does not wait.
    package func requestStop() {
        state.withLock { $0.isStopping = true }
        state.broadcast()
    }

    /// Waits for the end of the thread after `requestStop`.
    ///
    /// - Returns: false when `deadline` comes first.
    package func waitForEnd(by deadline: Deadline) -> Bool {
        state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { $0.stage == .running ? nil : true } ?? false
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Sleeps until `moment`, or until it is told to stop.
    func pause(until moment: Deadline) {
        _ = state.wait(untilUptimeNanoseconds: moment.uptimeNanoseconds) { $0.isStopping ? true : nil }
    }

    func changeStatus(_ change: (inout Status) -> Void) { state.withLock { change(&$0.status) } }

    /// Takes note that the window is about to be sent.
    ///
    /// - Returns: false where its caller has gone: it has been told that nothing is sent.
    func beginSending(_ job: Job) -> Bool {
        state.withLock { state in
            guard case .running(job.id) = state.turn else { return false }
            state.turn = .sending(id: job.id)
            return true
        }
    }

    private func takeTurn(_ window: PublishWindow, by deadline: Deadline) throws(AMQPPublishError) -> UInt64 {
        let id = state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { state -> UInt64?? in
            guard state.stage == .running, !state.isStopping else { return .some(nil) }
            guard case .free = state.turn else { return nil }
            state.lastID += 1
            state.turn = .waiting(Job(id: state.lastID, window: window, deadline: deadline))
            return state.lastID
        }
        guard let id else { throw .nothingAccepted(.timedOut) }
        guard let id else { throw .nothingAccepted(.stopped) }
        state.broadcast()
        return id
    }

    private func waitForEnd(of id: UInt64, by deadline: Deadline) throws(AMQPPublishError) -> AMQPPublishError? {
        let outcome = state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { state -> AMQPPublishError?? in
            guard case .done(id, let error) = state.turn else { return nil }
            state.turn = .free
            return .some(error)
        }
        defer { state.broadcast() }
        if let outcome { return outcome }
        return state.withLock { state in
            switch state.turn {
            case .waiting:
                state.turn = .free
                return .nothingAccepted(.timedOut)
            case .done(_, let error):
                state.turn = .free
                return error
            case .running:
                state.turn = .abandoned(id: id)
                return .nothingAccepted(.timedOut)
            case .sending, .abandoned, .free:
                state.turn = .abandoned(id: id)
                return .maybeAccepted(.timedOut)
            }
        }
    }

    private func run(_ session: PublisherSession) {
        while true {
            // Without a connection there are no heartbeats.
            let tick =
                session.isConnected
                ? Deadline.after(milliseconds: AMQPPublisher.tickMilliseconds).uptimeNanoseconds : nil
            let job = state.wait(untilUptimeNanoseconds: tick) { state -> Job?? in
                if state.isStopping { return .some(nil) }
                guard case .waiting(let job) = state.turn else { return nil }
                state.turn = .running(id: job.id)
                return job
            }
            switch job {
            case .none: session.listen()
            case .some(.none): return
            case .some(.some(let job)): end(job, with: session.publish(job))
            }
        }
    }

    private func end(_ job: Job, with error: AMQPPublishError?) {
        if let error { observe(.publishFailed(error)) }
        state.withLock { state in
            if case .abandoned = state.turn { state.turn = .free } else { state.turn = .done(id: job.id, error) }
        }
        state.broadcast()
    }

    private func didEnd() {
        state.withLock { state in
            state.stage = .ended
            state.status.isConnected = false
            if case .waiting(let job) = state.turn {
                state.turn = .done(id: job.id, .nothingAccepted(.stopped))
            }
        }
        state.broadcast()
    }
}
