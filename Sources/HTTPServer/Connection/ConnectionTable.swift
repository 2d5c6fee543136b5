private import Glibc
internal import Resilience
private import Threading

/// Every open connection with the time by which something must have happened on it.
///
/// The library's timeouts count inactivity, which a client that sends a byte now and then escapes; these count from the
/// beginning of each stage.
final class ConnectionTable: Sendable {
    private struct Entry {
        let remoteAddress: String
        var deadline: Deadline
        var exchange: Exchange?
        var isHandling = false
    }

    private struct State {
        var entries: [Int32: Entry] = [:]
        var inFlight = 0
    }

    private let state = Lock(State())

    /// A connection is there, and silent so far.
    func opened(_ descriptor: Int32, remoteAddress: String, deadline: Deadline) {
        state.withLock { $0.entries[descriptor] = Entry(remoteAddress: remoteAddress, deadline: deadline) }
    }

    /// A connection is gone. Called before its descriptor is closed, so that a descriptor in the table is never
    /// another's.
    ///
    /// - Returns: the request that was begun on it and never finished.
    func closed(_ descriptor: Int32) -> Exchange? {
        let left = state.withLock { state in
            let left = state.entries.removeValue(forKey: descriptor)?.exchange
            if left != nil { state.inFlight -= 1 }
            return left
        }
        state.broadcast()
        return left
    }

    /// A request has begun.
    func began(_ exchange: Exchange, deadline: Deadline) {
        state.withLock { state in
            state.entries[exchange.descriptor]?.deadline = deadline
            guard state.entries[exchange.descriptor]?.exchange == nil else { return }
            state.entries[exchange.descriptor]?.exchange = exchange
            state.inFlight += 1
        }
    }

    /// The request of this connection enters its next stage.
    func advanced(_ exchange: Exchange, deadline: Deadline, isHandling: Bool = false) {
        state.withLock { state in
            state.entries[exchange.descriptor]?.deadline = deadline
            state.entries[exchange.descriptor]?.isHandling = isHandling
        }
    }

    /// The answer is out, or nobody waits for it any more.
    func finished(_ exchange: Exchange, deadline: Deadline) {
        let isIdle = state.withLock { state in
            guard var entry = state.entries[exchange.descriptor], entry.exchange != nil else { return false }
            entry.exchange = nil
            entry.isHandling = false
            entry.deadline = deadline
            state.entries[exchange.descriptor] = entry
            state.inFlight -= 1
            return state.inFlight == 0
        }
        if isIdle { state.broadcast() }
    }

    func remoteAddress(of exchange: Exchange) -> String {
        state.withLock { $0.entries[exchange.descriptor]?.remoteAddress ?? "" }
    }

    /// Cuts off every connection whose time is up, except those whose request a handler has: these are returned, to be
    /// answered.
    func expire() -> [Exchange] {
        let now = Deadline.after(milliseconds: 0)
        return state.withLock { state in
            var late: [Exchange] = []
            for (descriptor, entry) in state.entries where entry.deadline <= now {
                // Not again in the next round, while the event loop is about to close it.
                state.entries[descriptor]?.deadline = .after(milliseconds: 1000)
                if entry.isHandling {
                    if let exchange = entry.exchange { late.append(exchange) }
                } else {
                    // Inside the lock, since outside of it the descriptor may be closed and be another's.
                    shutdown(descriptor, Int32(SHUT_RDWR))
                }
            }
            return late
        }
    }

    /// The exchanges that wait for a handler's answer.
    var handling: [Exchange] {
        state.withLock { $0.entries.values.compactMap { $0.isHandling ? $0.exchange : nil } }
    }

    /// Every request that has begun and is not finished.
    var exchanges: [Exchange] { state.withLock { $0.entries.values.compactMap(\.exchange) } }

    var load: (inFlight: Int, connections: Int) { state.withLock { ($0.inFlight, $0.entries.count) } }

    /// Waits until no request is in flight; false when the deadline comes first.
    func waitUntilIdle(by deadline: Deadline) -> Bool {
        state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { $0.inFlight == 0 ? true : nil } ?? false
    }

    /// Waits until no connection is open; false when the deadline comes first.
    func waitUntilEmpty(by deadline: Deadline) -> Bool { waitForRoom(below: 1, by: deadline) }

    /// Waits until there are fewer than `count` connections; false when the deadline comes first.
    func waitForRoom(below count: Int, by deadline: Deadline) -> Bool {
        state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { $0.entries.count < count ? true : nil }
            ?? false
    }
}
