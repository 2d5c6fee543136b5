internal import Resilience
internal import Threading

/// At most `connectionsMax` connections, lent to one caller at a time.
///
/// Callers that have to wait are served in the order they came. A free connection goes to the caller as directly as it
/// was given back, and the one used last goes first: its caches are warm, and the surplus grows old and is pinged.
/// The queue holds one entry for each waiting thread, so the number of worker threads bounds it.
final class ConnectionPool: Sendable {
    private let configuration: DatabaseConfiguration
    private let observe: @Sendable (DatabaseEvent) -> Void
    private let state = Lock(State())

    private struct State {
        /// The last one came back last.
        var idle: [Connection] = []
        /// Lent, or being opened for a caller.
        var inUse = 0
        var waiters: [Waiter] = []
        /// Connections idle since before this moment are suspected to be as broken as the one that was lost then.
        var suspectBeforeUptimeNanoseconds: UInt64 = 0
        var isClosed = false
    }

    /// What a caller gets out of the pool's state.
    private enum Grant: Sendable {
        case connection(Connection, isSuspect: Bool)
        /// The right to open a connection.
        case place
        case closed
    }

    /// A caller that waits, and the place where its grant is put.
    private final class Waiter: Sendable {
        let grant = Lock<Grant?>(nil)

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
    /// - Throws: `poolExhausted` after `acquireTimeoutMilliseconds`, `deadlineExceeded` at the deadline, `unavailable`
    ///   when a connection cannot be opened or the pool is closed.
    func acquire(by deadline: Deadline) throws(StatementFailure) -> Connection {
        switch try grant(by: deadline) {
        case .connection(let connection, isSuspect: false): return connection
        case .connection(let connection, isSuspect: true):
            do {
                try connection.ping()
                return connection
            } catch {
                observe(.connectionLost(error.error.description))
            }
            return try open(by: deadline)
        case .place: return try open(by: deadline)
        case .closed: throw StatementFailure(.unavailable("The connection pool is closed."), remedy: .rollBack)
        }
    }

    /// Takes back a connection that is ready for the next caller.
    func release(_ connection: Connection) {
        connection.idleSinceUptimeNanoseconds = Deadline.nowUptimeNanoseconds()
        let waiter: Waiter? = state.withLock { state in
            if !state.isClosed, !state.waiters.isEmpty { return state.waiters.removeFirst() }
            state.inUse -= 1
            if !state.isClosed { state.idle.append(connection) }
            return nil
        }
        waiter?.give(.connection(connection, isSuspect: false))
    }

    /// Takes note that a lent connection is gone, and makes those that were idle at this time prove that they live.
    func discard(_ connection: Connection, because message: String) {
        state.withLock { $0.suspectBeforeUptimeNanoseconds = Deadline.nowUptimeNanoseconds() }
        observe(.connectionLost(message))
        freePlace()
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

    private func grant(by deadline: Deadline) throws(StatementFailure) -> Grant {
        guard !deadline.hasPassed else { throw StatementFailure(.deadlineExceeded, remedy: .rollBack) }
        let waiter = Waiter()
        let immediate: Grant? = state.withLock { state in
            if state.isClosed { return .closed }
            // Nobody waits while a connection or a place is free, so taking one here overtakes nobody.
            if let connection = state.idle.popLast() {
                state.inUse += 1
                return .connection(connection, isSuspect: isSuspect(connection, in: state))
            }
            if state.inUse < configuration.connectionsMax {
                state.inUse += 1
                return .place
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
    private func open(by deadline: Deadline) throws(StatementFailure) -> Connection {
        do {
            let connection = try Connection(
                configuration, schema: configuration.database, session: SessionSettings(configuration), by: deadline)
            observe(.connected)
            return connection
        } catch {
            freePlace()
            observe(.connectFailed(error.error.description))
            throw error
        }
    }

    private func freePlace() {
        let waiter: Waiter? = state.withLock { state in
            if !state.isClosed, !state.waiters.isEmpty { return state.waiters.removeFirst() }
            state.inUse -= 1
            return nil
        }
        waiter?.give(.place)
    }
}
