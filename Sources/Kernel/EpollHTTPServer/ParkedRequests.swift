internal import Concurrency
internal import HTTPMessages

/// The requests that wait without a worker, until their signal fires or their time is up.
final class ParkedRequests: Sendable {
    private struct Entry {
        let exchange: Exchange
        let parked: ParkedRequest
        /// Takes it back to the workers.
        let resume: @Sendable (HandlerCall) -> Void
        var registration: WakeSignal.Registration?
    }

    private struct State {
        /// By connection, each of which has one request at a time.
        var entries: [UInt64: Entry] = [:]
        var isOpen = true
    }

    private let state = Lock(State())
    private let countMax: Int
    private let deadlineMoved: @Sendable () -> Void

    /// - Parameters:
    ///   - countMax: those beyond are resumed at once, for the last time.
    ///   - deadlineMoved: called when `nextDeadline` may have become an earlier one.
    init(countMax: Int, deadlineMoved: @escaping @Sendable () -> Void) {
        self.countMax = countMax
        self.deadlineMoved = deadlineMoved
    }

    var count: Int { state.withLock { $0.entries.count } }

    /// No request has an earlier one.
    var nextDeadline: Deadline {
        state.withLock { $0.entries.values.map(\.parked.deadline).min() } ?? Deadline(uptimeNanoseconds: .max)
    }

    /// - Parameter resume: takes the request back to the workers.
    func park(
        _ exchange: Exchange, _ parked: ParkedRequest, resume: @escaping @Sendable (HandlerCall) -> Void
    ) {
        let token = exchange.token
        let hasRoom = state.withLock { state in
            guard state.isOpen, state.entries.count < countMax else { return false }
            state.entries[token] = Entry(exchange: exchange, parked: parked, resume: resume)
            return true
        }
        guard hasRoom else {
            resume(HandlerCall(exchange, parked, isLast: true))
            return
        }
        let registration = parked.signal.once(after: parked.version) { [weak self] in self?.wake(token, isLast: false) }
        guard let registration else {
            wake(token, isLast: false)
            return
        }
        let isKept = state.withLock { state in
            state.entries[token]?.registration = registration
            return state.entries[token] != nil
        }
        if isKept { deadlineMoved() } else { parked.signal.cancel(registration) }
    }

    /// Resumes those whose time is up.
    func expire() {
        let tokens = state.withLock { $0.entries.filter { $0.value.parked.deadline.hasPassed }.map(\.key) }
        for token in tokens { wake(token, isLast: true) }
    }

    /// Forgets the request of a connection that is gone.
    ///
    /// - Returns: whether it was parked.
    func drop(_ token: UInt64) -> Bool { take(token) != nil }

    /// Resumes all for the last time, and parks no more.
    func close() {
        let tokens = state.withLock { state in
            state.isOpen = false
            return Array(state.entries.keys)
        }
        for token in tokens { wake(token, isLast: true) }
    }

    private func wake(_ token: UInt64, isLast: Bool) {
        guard let entry = take(token) else { return }
        entry.resume(HandlerCall(entry.exchange, entry.parked, isLast: isLast))
    }

    private func take(_ token: UInt64) -> Entry? {
        guard let entry = state.withLock({ $0.entries.removeValue(forKey: token) }) else { return nil }
        if let registration = entry.registration { entry.parked.signal.cancel(registration) }
        return entry
    }
}

/// One run of a handler: the first, or another after the request was parked.
struct HandlerCall: Sendable {
    let exchange: Exchange
    let parked: ParkedRequest?
    let isLast: Bool

    init(_ exchange: Exchange, _ parked: ParkedRequest? = nil, isLast: Bool = false) {
        self.exchange = exchange
        self.parked = parked
        self.isLast = isLast
    }
}
