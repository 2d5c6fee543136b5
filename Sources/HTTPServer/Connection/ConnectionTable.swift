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
        /// Places taken for connections that are still to be accepted.
        var reserved = 0
        /// Handed to the library, which has not reported them yet, each with the number of its socket.
        var handedOver: [Int32: UInt] = [:]
        /// Exchanges whose head may be unfinished, the latest last.
        var openHeads: [Exchange] = []

        var placesTaken: Int { entries.count + reserved + handedOver.count }
    }

    private let state = Lock(State())

    /// Takes a place for a connection, before it is accepted: from then on it counts, whatever becomes of it.
    ///
    /// - Returns: whether one of the `count` places was free.
    func reservePlace(of count: Int) -> Bool {
        state.withLock { state in
            guard state.placesTaken < count else { return false }
            state.reserved += 1
            return true
        }
    }

    /// Gives a place back for which nobody could be accepted.
    func returnPlace() { state.withLock { $0.reserved -= 1 } }

    /// The reserved place is this connection's, which the library is about to get.
    func handedOver(_ descriptor: Int32) {
        let socket = ConnectionTable.socketNumber(descriptor) ?? 0
        state.withLock { state in
            state.reserved -= 1
            state.handedOver[descriptor] = socket
        }
    }

    /// The library has closed the connection instead of taking it.
    func notTaken(_ descriptor: Int32) { state.withLock { $0.handedOver[descriptor] = nil } }

    /// A connection is there, and silent so far.
    func opened(_ descriptor: Int32, remoteAddress: String, deadline: Deadline) {
        state.withLock { state in
            state.handedOver[descriptor] = nil
            state.entries[descriptor] = Entry(remoteAddress: remoteAddress, deadline: deadline)
        }
    }

    /// A connection is gone. Called before its descriptor is closed, so that a descriptor in the table is never
    /// another's.
    ///
    /// - Returns: the request that was begun on it and never finished.
    func closed(_ descriptor: Int32) -> Exchange? {
        let left = state.withLock { state in
            let left = state.entries.removeValue(forKey: descriptor)?.exchange
            if let left {
                state.inFlight -= 1
                ConnectionTable.endHead(of: left, &state)
            }
            return left
        }
        state.broadcast()
        return left
    }

    /// A request has begun.
    func began(_ exchange: Exchange, deadline: Deadline) {
        state.withLock { state in
            guard var entry = state.entries[exchange.descriptor] else { return }
            entry.deadline = deadline
            defer { state.entries[exchange.descriptor] = entry }
            guard entry.exchange == nil else { return }
            entry.exchange = exchange
            state.inFlight += 1
            if state.openHeads.count == ConnectionTable.openHeadsMax { state.openHeads.removeFirst() }
            state.openHeads.append(exchange)
        }
    }

    /// The request of this connection enters its next stage.
    func advanced(_ exchange: Exchange, deadline: Deadline, isHandling: Bool = false) {
        state.withLock { state in
            state.entries[exchange.descriptor]?.deadline = deadline
            state.entries[exchange.descriptor]?.isHandling = isHandling
            ConnectionTable.endHead(of: exchange, &state)
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
            ConnectionTable.endHead(of: exchange, &state)
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

    /// The requests whose heads began last and may be unfinished, at most `openHeadsMax` of them.
    var openHeads: [Exchange] { state.withLock { $0.openHeads } }

    var load: (inFlight: Int, connections: Int) { state.withLock { ($0.inFlight, $0.entries.count) } }

    /// Waits until no request is in flight; false when the deadline comes first.
    func waitUntilIdle(by deadline: Deadline) -> Bool {
        state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { $0.inFlight == 0 ? true : nil } ?? false
    }

    /// Waits until no connection is open; false when the deadline comes first.
    func waitUntilEmpty(by deadline: Deadline) -> Bool { waitForPlace(of: 1, by: deadline) }

    /// Waits until one of `count` places is free; false when the deadline comes first.
    func waitForPlace(of count: Int, by deadline: Deadline) -> Bool {
        returnLostPlaces()
        return state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { $0.placesTaken < count ? true : nil }
            ?? false
    }

    /// The library says nothing of a connection for which it has no memory: it closes it. Its descriptor is then nobody's, or
    /// another's.
    private func returnLostPlaces() {
        let handedOver = state.withLock { $0.handedOver }
        for (descriptor, socket) in handedOver where ConnectionTable.socketNumber(descriptor) != socket {
            state.withLock { state in
                if state.handedOver[descriptor] == socket { state.handedOver[descriptor] = nil }
            }
        }
    }

    /// What tells a socket from all others while it is open, its descriptor's later ones included.
    private static func socketNumber(_ descriptor: Int32) -> UInt? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? UInt(status.st_ino) : nil
    }

    private static func endHead(of exchange: Exchange, _ state: inout State) {
        state.openHeads.removeAll { $0 === exchange }
    }

    /// 16: a head that comes in pieces is overtaken by a few others; a stranger can begin thousands.
    private static let openHeadsMax = 16
}
