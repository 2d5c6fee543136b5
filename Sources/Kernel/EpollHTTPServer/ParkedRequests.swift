internal import Concurrency
internal import HTTPMessages
internal import Synchronization

/// The requests that wait without a worker, until their signal fires or their time is up.
final class ParkedRequests: Sendable {
    private struct Entry {
        /// A connection may have parked another request by the time that somebody has to do with this one.
        let id: UInt64
        let exchange: Exchange
        let parked: ParkedRequest
        /// Takes it back to the workers.
        let resume: @Sendable (HandlerCall) -> Void
        var registration: WakeSignal.Registration?
    }

    private struct State {
        /// By connection, each of which has one request at a time.
        var entries: [UInt64: Entry] = [:]
        var lastID: UInt64 = 0
        var isOpen = true
    }

    private let state = Lock(State())
    /// For the event loop, which asks at each turn: changed with the entries, and read without their lock.
    private let nextDeadlineNanoseconds = Atomic(UInt64.max)
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
    var nextDeadline: Deadline { Deadline(uptimeNanoseconds: nextDeadlineNanoseconds.load(ordering: .acquiring)) }

    /// - Parameter resume: takes the request back to the workers.
    func park(
        _ exchange: Exchange, _ parked: ParkedRequest, resume: @escaping @Sendable (HandlerCall) -> Void
    ) {
        let token = exchange.token
        let (id, isEarliest) = state.withLock { state -> (UInt64?, Bool) in
            guard state.isOpen, state.entries.count < countMax else { return (nil, false) }
            state.lastID += 1
            state.entries[token] = Entry(id: state.lastID, exchange: exchange, parked: parked, resume: resume)
            guard parked.deadline < nextDeadline else { return (state.lastID, false) }
            nextDeadlineNanoseconds.store(parked.deadline.uptimeNanoseconds, ordering: .releasing)
            return (state.lastID, true)
        }
        guard let id else {
            resume(HandlerCall(exchange, parked, isLast: true))
            return
        }
        if isEarliest { deadlineMoved() }
        let registration = parked.signal.once(after: parked.version) { [weak self] in
            self?.wake(token, id, isLast: false)
        }
        guard let registration else {
            wake(token, id, isLast: false)
            return
        }
        let isKept = state.withLock { state in
            guard state.entries[token]?.id == id else { return false }
            state.entries[token]?.registration = registration
            return true
        }
        if !isKept { parked.signal.cancel(registration) }
    }

    /// Resumes those whose time is up.
    func expire() {
        let due = state.withLock { state in
            let now = Deadline.after(milliseconds: 0)
            let due = state.entries.filter { $0.value.parked.deadline <= now }
            let next = state.entries.values.lazy.map(\.parked.deadline).filter { $0 > now }.min()
            nextDeadlineNanoseconds.store(next?.uptimeNanoseconds ?? .max, ordering: .releasing)
            return due.map { (token: $0.key, id: $0.value.id) }
        }
        for (token, id) in due { wake(token, id, isLast: true) }
    }

    /// Forgets the request of a connection that is gone.
    ///
    /// - Returns: whether it was parked.
    func drop(_ token: UInt64) -> Bool { take(token, nil) != nil }

    /// Resumes all for the last time, and parks no more.
    func close() {
        let left = state.withLock { state in
            state.isOpen = false
            return state.entries.map { (token: $0.key, id: $0.value.id) }
        }
        for (token, id) in left { wake(token, id, isLast: true) }
    }

    private func wake(_ token: UInt64, _ id: UInt64, isLast: Bool) {
        guard let entry = take(token, id) else { return }
        entry.resume(HandlerCall(entry.exchange, entry.parked, isLast: isLast))
    }

    /// - Parameter id: nil for whichever request the connection has parked.
    private func take(_ token: UInt64, _ id: UInt64?) -> Entry? {
        let entry = state.withLock { state -> Entry? in
            guard let entry = state.entries[token], id == nil || entry.id == id else { return nil }
            return state.entries.removeValue(forKey: token)
        }
        guard let entry else { return nil }
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
