internal import Resilience
internal import Threading

/// What a connection is wanted for.
package enum ConnectionUse: Sendable {
    /// A look-up by key, or a change.
    case keyed
    /// A page of a list, which may take long. Lists together get `listConnectionsMax` connections at most.
    case list
}

/// At most `connectionsMax` connections, lent to one caller at a time.
///
/// Callers that have to wait are served in the order they came, lists only while they hold less than their share. A
/// free connection goes to the caller as directly as it was given back, and the one used last goes first: its caches are
/// warm, and the surplus grows old and is pinged. The queue holds one entry for each waiting thread, so the number of
/// worker threads bounds it.
final class ConnectionPool: Sendable {
    private let configuration: DatabaseConfiguration
    private let observe: @Sendable (DatabaseEvent) -> Void
    private let state = Lock(State())

    private struct State {
        /// The last one came back last.
        var idle: [Connection] = []
        /// Lent, or being opened for a caller.
        var inUse = 0
        /// Those of them that lists have.
        var inUseByLists = 0
        var waiters: [Waiter] = []
        /// Connections idle since before this moment are suspected to be as broken as the one that was lost then.
        var suspectBeforeUptimeNanoseconds: UInt64 = 0
        var isClosed = false

        mutating func lend(for use: ConnectionUse) {
            inUse += 1
            if use == .list { inUseByLists += 1 }
        }

        /// Takes back a place and gives it to the first who waits and may have it; nil if there is none.
        mutating func passOn(from use: ConnectionUse, listsMax: Int) -> Waiter? {
            inUse -= 1
            if use == .list { inUseByLists -= 1 }
            let next = waiters.firstIndex { $0.use == .keyed || inUseByLists < listsMax }
            guard !isClosed, let next else { return nil }
            let waiter = waiters.remove(at: next)
            lend(for: waiter.use)
            return waiter
        }
    }

    /// What a caller gets out of the pool's state.
    private enum Grant: Sendable {
        case connection(Connection, isSuspect: Bool)
        /// The right to open a connection.
        case place
        case tooManyWait
        case closed
    }

    /// A caller that waits, and the place where its grant is put.
    private final class Waiter: Sendable {
        let use: ConnectionUse
        let grant = Lock<Grant?>(nil)

        init(for use: ConnectionUse) { self.use = use }

        func give(_ newGrant: Grant) {
            grant.withLock { $0 = newGrant }
            grant.signal()
        }
    }

    init(_ configuration: DatabaseConfiguration, observe: @escaping @Sendable (DatabaseEvent) -> Void) {
        self.configuration = configuration
        self.observe = observe
    }

    /// A working connection, until `release` or `discard`.
    ///
    /// - Throws: `poolExhausted` after `acquireTimeoutMilliseconds`, for a list also at once when `listWaitersMax` others
    ///   wait; `deadlineExceeded` at the deadline, `unavailable` when a connection cannot be opened or the pool is closed.
    func acquire(for use: ConnectionUse = .keyed, by deadline: Deadline) throws(StatementFailure) -> Connection {
        let connection = try connect(for: use, by: deadline)
        connection.use = use
        return connection
    }

    private func connect(for use: ConnectionUse, by deadline: Deadline) throws(StatementFailure) -> Connection {
        switch try grant(for: use, by: deadline) {
        case .connection(let connection, isSuspect: false): return connection
        case .connection(let connection, isSuspect: true):
            do {
                try connection.ping()
                return connection
            } catch {
                observe(.connectionLost(error.error.description))
            }
            return try open(for: use, by: deadline)
        case .place: return try open(for: use, by: deadline)
        case .tooManyWait:
            observe(.poolExhausted)
            throw StatementFailure(.poolExhausted, remedy: .rollBack)
        case .closed: throw StatementFailure(.unavailable("The connection pool is closed."), remedy: .rollBack)
        }
    }

    /// Takes back a connection that is ready for the next caller.
    func release(_ connection: Connection) {
        connection.idleSinceUptimeNanoseconds = Deadline.nowUptimeNanoseconds()
        let waiter: Waiter? = state.withLock { state in
            let waiter = state.passOn(from: connection.use, listsMax: configuration.listConnectionsMax)
            if waiter == nil, !state.isClosed { state.idle.append(connection) }
            return waiter
        }
        waiter?.give(.connection(connection, isSuspect: false))
    }

    /// Takes note that a lent connection is gone, and makes those that were idle at this time prove that they live.
    func discard(_ connection: Connection, because message: String) {
        state.withLock { $0.suspectBeforeUptimeNanoseconds = Deadline.nowUptimeNanoseconds() }
        observe(.connectionLost(message))
        freePlace(of: connection.use)
    }

    var load: (inUse: Int, idle: Int, waiting: Int) {
        state.withLock { ($0.inUse, $0.idle.count, $0.waiters.count) }
    }

    /// Closes what is idle now and what is lent when it comes back; whoever waits or comes later is turned away.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            state.idle = []
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.give(.closed) }
    }

    private func grant(for use: ConnectionUse, by deadline: Deadline) throws(StatementFailure) -> Grant {
        guard !deadline.hasPassed else { throw StatementFailure(.deadlineExceeded, remedy: .rollBack) }
        let waiter = Waiter(for: use)
        let immediate: Grant? = state.withLock { state in
            if state.isClosed { return .closed }
            if use == .keyed || state.inUseByLists < configuration.listConnectionsMax {
                // Nobody who may have it waits while a connection or a place is free, so this overtakes nobody.
                if let connection = state.idle.popLast() {
                    state.lend(for: use)
                    return .connection(connection, isSuspect: isSuspect(connection, in: state))
                }
                if state.inUse < configuration.connectionsMax {
                    state.lend(for: use)
                    return .place
                }
            }
            if use == .list, state.waiters.count(where: { $0.use == .list }) >= configuration.listWaitersMax {
                return .tooManyWait
            }
            state.waiters.append(waiter)
            return nil
        }
        if let immediate { return immediate }
        return try wait(waiter, by: deadline)
    }

    private func wait(_ waiter: Waiter, by deadline: Deadline) throws(StatementFailure) -> Grant {
        let start = Deadline.nowUptimeNanoseconds()
        let limit = deadline.capped(milliseconds: configuration.acquireTimeoutMilliseconds)
        var granted = waiter.grant.wait(untilUptimeNanoseconds: limit.uptimeNanoseconds) { $0 }
        if granted == nil {
            let isWithdrawn = state.withLock { state in
                guard let index = state.waiters.firstIndex(where: { $0 === waiter }) else { return false }
                state.waiters.remove(at: index)
                return true
            }
            if isWithdrawn {
                observe(.poolExhausted)
                throw StatementFailure(deadline.hasPassed ? .deadlineExceeded : .poolExhausted, remedy: .rollBack)
            }
            // Somebody has taken this caller off the queue and is about to put its grant down: no wait to speak of.
            granted = waiter.grant.wait(untilUptimeNanoseconds: nil) { $0 }
        }
        observe(.poolWait(milliseconds: Int((Deadline.nowUptimeNanoseconds() - start) / 1_000_000)))
        return granted ?? .closed
    }

    private func isSuspect(_ connection: Connection, in state: State) -> Bool {
        let idleLimit = UInt64(max(configuration.idlePingSeconds, 0)) * 1_000_000_000
        return connection.idleSinceUptimeNanoseconds <= state.suspectBeforeUptimeNanoseconds
            || Deadline.nowUptimeNanoseconds() - connection.idleSinceUptimeNanoseconds > idleLimit
    }

    /// Opens a connection in a place that this caller holds, and gives the place up when that fails.
    private func open(for use: ConnectionUse, by deadline: Deadline) throws(StatementFailure) -> Connection {
        do {
            let connection = try Connection(
                configuration, schema: configuration.database, session: SessionSettings(configuration), by: deadline)
            observe(.connected)
            return connection
        } catch {
            freePlace(of: use)
            observe(.connectFailed(error.error.description))
            throw error
        }
    }

    private func freePlace(of use: ConnectionUse) {
        let waiter = state.withLock { $0.passOn(from: use, listsMax: configuration.listConnectionsMax) }
        waiter?.give(.place)
    }
}
