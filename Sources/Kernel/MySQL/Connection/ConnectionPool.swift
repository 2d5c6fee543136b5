internal import Concurrency
private import Resilience

/// What a connection is wanted for.
package enum ConnectionUse: Sendable {
    /// A look-up by key, or a change.
    case keyed
    /// A page of a list, which may take long. Lists together get `listConnectionsMax` connections at most.
    case list
}

/// At most `connectionsMax` connections, lent to one caller at a time.
///
/// Callers that have to wait are served in the order they came, lists only while they hold less than their share. A free
/// connection goes to the caller as directly as it was given back, and of those in the caller's mode the one used last goes
/// first: its caches are warm, and the surplus grows old and is pinged. The queue holds one entry for each waiting thread, so the number of worker
/// threads bounds it.
///
/// A connection is opened by a thread of the pool's, one for each, since that may take longer than a caller has time: the
/// caller waits as for any other, and what comes late serves the next. While it is lent, its caller's deadline binds the
/// socket.
final class ConnectionPool: Sendable {
    let configuration: DatabaseConfiguration
    let hosts: HostChoice
    let observe: @Sendable (DatabaseEvent) -> Void
    let state = Lock(State())

    /// 1 s for a sign of life: hundreds of times what it takes. A caller with more time can then still have a new connection.
    private static let pingMilliseconds = 1000
    private static let closed = StatementFailure(.unavailable("The connection pool is closed."), recovery: .rollBack)

    struct State {
        /// The last one came back last.
        var idle: [Connection] = []
        /// Those that callers have, where there are several hosts.
        var lent: [Connection] = []
        /// Lent, or about to be.
        var inUse = 0
        /// Those of them that lists have.
        var inUseByLists = 0
        /// Being opened.
        var openings = 0
        var waiting: [Waiting] = []
        /// Connections idle since before this moment are suspected to be as broken as the one that was lost then.
        var suspectBeforeUptimeNanoseconds: UInt64 = 0
        var isClosed = false
        /// Whether there is a thread that looks after the hosts.
        var isWatching = false
        /// When one of another host than the preferred one was given up last.
        var movedAtUptimeNanoseconds: UInt64 = 0

        /// The connection that was used last, of those in this mode if there are any.
        mutating func takeIdle(_ mode: ConnectionMode) -> Connection? {
            guard let index = idle.lastIndex(where: { $0.mode == mode }) ?? idle.indices.last else { return nil }
            return idle.remove(at: index)
        }

        mutating func lend(for use: ConnectionUse) {
            inUse += 1
            if use == .list { inUseByLists += 1 }
        }

        mutating func takeBack(_ connection: Connection) {
            lent.removeAll { $0 === connection }
            takeBack(from: connection.use)
        }

        mutating func takeBack(from use: ConnectionUse) {
            inUse -= 1
            if use == .list { inUseByLists -= 1 }
        }

        /// Lends to the first caller that waits and may have a connection; nil if there is none.
        mutating func lendToFirst(listsMax: Int) -> Waiter? {
            let first = waiting.firstIndex { $0.waiter.use == .keyed || inUseByLists < listsMax }
            guard !isClosed, let first else { return nil }
            let waiter = waiting.remove(at: first).waiter
            lend(for: waiter.use)
            return waiter
        }

        /// Takes a place for each caller that waits and may have a connection, and has none being opened for it, as far as
        /// there are places.
        ///
        /// - Returns: those callers; a connection must be opened for each.
        mutating func reserveOpenings(_ configuration: DatabaseConfiguration) -> [Waiter] {
            var waiters: [Waiter] = []
            var lists = inUseByLists + waiting.count { $0.hasOpening && $0.waiter.use == .list }
            for index in waiting.indices where !waiting[index].hasOpening {
                guard inUse + idle.count + openings < configuration.connectionsMax else { break }
                if waiting[index].waiter.use == .list {
                    guard lists < configuration.listConnectionsMax else { continue }
                    lists += 1
                }
                waiting[index].hasOpening = true
                openings += 1
                waiters.append(waiting[index].waiter)
            }
            return waiters
        }

        /// - Returns: whether the caller was still waiting.
        mutating func withdraw(_ waiter: Waiter) -> Bool {
            guard let index = waiting.firstIndex(where: { $0.waiter === waiter }) else { return false }
            waiting.remove(at: index)
            return true
        }
    }

    struct Waiting {
        let waiter: Waiter
        var hasOpening = false
    }

    /// What a caller that waits is given.
    fileprivate enum Grant: Sendable {
        case connection(Connection)
        /// The connection that was being opened for this caller could not be.
        case failure(StatementFailure)
    }

    /// A caller that waits, and the place where its grant is put.
    final class Waiter: Sendable {
        let use: ConnectionUse
        let mode: ConnectionMode
        fileprivate let grant = Lock<Grant?>(nil)

        init(for use: ConnectionUse, _ mode: ConnectionMode) {
            self.use = use
            self.mode = mode
        }

        fileprivate func give(_ newGrant: Grant) {
            grant.withLock { $0 = newGrant }
            grant.signal()
        }
    }

    init(_ configuration: DatabaseConfiguration, observe: @escaping @Sendable (DatabaseEvent) -> Void) {
        self.configuration = configuration
        hosts = HostChoice(configuration)
        self.observe = observe
    }

    /// A working connection, until `release` or `discard`; at the deadline its socket is shut down.
    ///
    /// - Parameter mode: what its statements are for. It may come in the other.
    /// - Throws: `poolExhausted` after `acquireTimeoutMilliseconds`, for a list also at once when `listWaitersMax` others
    ///   wait; `deadlineExceeded` at the deadline, `unavailable` when a connection cannot be opened in its time or the pool
    ///   is closed.
    func acquire(
        for use: ConnectionUse = .keyed, _ mode: ConnectionMode = .each, by deadline: Deadline
    ) throws(StatementFailure) -> Connection {
        guard !deadline.hasPassed else { throw StatementFailure(.deadlineExceeded, recovery: .rollBack) }
        let connection = try connect(Waiter(for: use, mode), by: deadline)
        connection.use = use
        connection.lentAtUptimeNanoseconds = Deadline.nowUptimeNanoseconds()
        connection.socket.limit(to: deadline)
        if configuration.hosts.count > 1 { state.withLock { $0.lent.append(connection) } }
        return connection
    }

    private func connect(_ waiter: Waiter, by deadline: Deadline) throws(StatementFailure) -> Connection {
        var idle: (connection: Connection, isSuspect: Bool)?
        var openings: [Waiter] = []
        var areTooManyWaiting = false
        try state.withLock { (state) throws(StatementFailure) in
            if state.isClosed { throw ConnectionPool.closed }
            let isAllowed = waiter.use == .keyed || state.inUseByLists < configuration.listConnectionsMax
            // Nobody who may have it waits while a connection is idle, so taking one here overtakes nobody.
            if isAllowed, let connection = state.takeIdle(waiter.mode) {
                state.lend(for: waiter.use)
                idle = (connection, isSuspect(connection, in: state))
                return
            }
            let listsWaiting = state.waiting.count { $0.waiter.use == .list }
            areTooManyWaiting = waiter.use == .list && listsWaiting >= configuration.listWaitersMax
            guard !areTooManyWaiting else { return }
            state.waiting.append(Waiting(waiter: waiter))
            openings = state.reserveOpenings(configuration)
        }
        if areTooManyWaiting {
            observe(.poolExhausted)
            throw StatementFailure(.poolExhausted, recovery: .rollBack)
        }
        open(openings)
        guard let idle else { return try wait(waiter, by: deadline, isOpening: openings.contains { $0 === waiter }) }
        if idle.isSuspect, !isAlive(idle.connection, by: deadline) {
            return try replacement(for: waiter, by: deadline)
        }
        return idle.connection
    }

    /// Takes back a connection that is ready for the next caller.
    func release(_ connection: Connection) {
        guard !connection.socket.liftLimit() else {
            return discard(connection, because: StatementFailure(.deadlineExceeded, recovery: .reconnect))
        }
        guard !isToMove(connection) else { return giveUp(connection) }
        connection.idleSinceUptimeNanoseconds = Deadline.nowUptimeNanoseconds()
        let waiter: Waiter? = state.withLock { state in
            state.takeBack(connection)
            let waiter = state.lendToFirst(listsMax: configuration.listConnectionsMax)
            if waiter == nil, !state.isClosed { state.idle.append(connection) }
            return waiter
        }
        waiter?.give(.connection(connection))
    }

    /// Takes note that a lent connection is gone, and makes those that were idle at this time prove that they live.
    /// Its host is left alone for a while where it is that which serves nobody.
    func discard(_ connection: Connection, because failure: StatementFailure) {
        _ = connection.socket.liftLimit()
        observe(.connectionLost(failure.error.description))
        state.withLock { $0.suspectBeforeUptimeNanoseconds = Deadline.nowUptimeNanoseconds() }
        if failure.tellsOfHost { leaveAlone(connection.host, because: failure) }
        giveUp(connection)
    }

    /// Keeps a lent connection no longer.
    private func giveUp(_ connection: Connection) {
        open(
            state.withLock { state in
                state.takeBack(connection)
                return state.reserveOpenings(configuration)
            })
    }

    var load: (inUse: Int, idle: Int, waiting: Int) {
        state.withLock { ($0.inUse, $0.idle.count, $0.waiting.count) }
    }

    /// Closes what is idle now, and what is lent or being opened when that ends; whoever waits or comes later is turned
    /// away. Waits for nothing.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            state.idle = []
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiting in waiting { waiting.waiter.give(.failure(ConnectionPool.closed)) }
    }

    private func wait(_ waiter: Waiter, by deadline: Deadline, isOpening: Bool) throws(StatementFailure) -> Connection {
        let start = Deadline.nowUptimeNanoseconds()
        let patience = configuration.acquireTimeoutMilliseconds
        let limit = deadline.capped(
            milliseconds: isOpening ? max(patience, configuration.openingMilliseconds) : patience)
        var grant = waiter.grant.wait(untilUptimeNanoseconds: limit.uptimeNanoseconds) { $0 }
        if grant == nil, state.withLock({ $0.withdraw(waiter) }) {
            if deadline.hasPassed { throw StatementFailure(.deadlineExceeded, recovery: .rollBack) }
            if isOpening { throw StatementFailure(.unavailable("Connecting takes too long."), recovery: .rollBack) }
            observe(.poolExhausted)
            throw StatementFailure(.poolExhausted, recovery: .rollBack)
        }
        // If somebody has taken this caller off the queue and is about to put its grant down: no wait to speak of.
        if grant == nil { grant = waiter.grant.wait(untilUptimeNanoseconds: nil) { $0 } }
        if !isOpening {
            observe(.poolWait(milliseconds: Int((Deadline.nowUptimeNanoseconds() - start) / 1_000_000)))
        }
        switch grant ?? .failure(ConnectionPool.closed) {
        case .connection(let connection): return connection
        case .failure(let failure): throw failure
        }
    }

    private func isSuspect(_ connection: Connection, in state: State) -> Bool {
        let idleLimit = UInt64(max(configuration.idlePingSeconds, 0)) * 1_000_000_000
        return connection.idleSinceUptimeNanoseconds <= state.suspectBeforeUptimeNanoseconds
            || Deadline.nowUptimeNanoseconds() - connection.idleSinceUptimeNanoseconds > idleLimit
    }

    private func isAlive(_ connection: Connection, by deadline: Deadline) -> Bool {
        connection.socket.limit(to: deadline.capped(milliseconds: ConnectionPool.pingMilliseconds))
        do {
            try connection.ping()
            return !connection.socket.liftLimit()
        } catch {
            observe(.connectionLost(error.error.description))
            return false
        }
    }

    /// A new connection in place of a lent one that has died. Its caller has been served before, and so comes first.
    private func replacement(
        for caller: Waiter, by deadline: Deadline
    ) throws(StatementFailure) -> Connection {
        let waiter = Waiter(for: caller.use, caller.mode)
        let openings = try state.withLock { (state) throws(StatementFailure) in
            state.takeBack(from: caller.use)
            if state.isClosed { throw ConnectionPool.closed }
            state.waiting.insert(Waiting(waiter: waiter), at: 0)
            return state.reserveOpenings(configuration)
        }
        open(openings)
        return try wait(waiter, by: deadline, isOpening: true)
    }

    /// Opens a connection for each of these callers, on threads of their own.
    private func open(_ waiters: [Waiter]) {
        if !waiters.isEmpty { watchHosts() }
        for waiter in waiters {
            if let thread = Thread.start({ [self] in open(for: waiter) }) {
                thread.detach()
            } else {
                fail(waiter, StatementFailure(.unavailable("The system has no thread left."), recovery: .rollBack))
            }
        }
    }

    private func open(for waiter: Waiter) {
        do throws(StatementFailure) {
            let connection = try hosts.connect(
                { (host) throws(StatementFailure) in
                    try Connection(
                        configuration, host: host, schema: configuration.database,
                        session: SessionSettings(configuration),
                        by: .after(milliseconds: configuration.connectTimeoutSeconds * 1000))
                }, whenRefused: passOver)
            observe(.connected)
            let first: Waiter? = state.withLock { state in
                state.openings -= 1
                let first = state.lendToFirst(listsMax: configuration.listConnectionsMax)
                if first == nil, !state.isClosed { state.idle.append(connection) }
                return first
            }
            first?.give(.connection(connection))
        } catch {
            observe(.connectFailed(error.error.description))
            fail(waiter, error)
        }
    }

    /// Gives the place of an opening up. Only the caller it was meant for hears why, if it still waits.
    private func fail(_ waiter: Waiter, _ failure: StatementFailure) {
        let (isWaiting, openings) = state.withLock { state in
            state.openings -= 1
            return (state.withdraw(waiter), state.reserveOpenings(configuration))
        }
        if isWaiting { waiter.give(.failure(failure)) }
        open(openings)
    }
}
