internal import Concurrency
private import Resilience

// With several hosts: when one has failed, and when it is used again. A pool of one host does nothing of it.
extension ConnectionPool {
    /// 1 s without an answer makes a host suspected, and has it asked over a connection of its own. A statement takes
    /// milliseconds; one that waits for a lock or for its cluster is slow on a host that answers, and is let be.
    private static let silenceMilliseconds = 1000
    /// 250 ms: a quarter of the silence, so that it hardly adds to it.
    private static let lookMilliseconds = 250
    /// 100 ms between two connections that move to the preferred host, so that it does not get all of them at once, cold as it is.
    private static let moveMilliseconds = 100

    /// Connects to the other hosts first for a while.
    func passOver(_ host: Int, because failure: StatementFailure) {
        guard configuration.hosts.count > 1 else { return }
        if hosts.fails(host) { observe(.hostFailed(configuration.hosts[host], failure.error.description)) }
    }

    /// As `passOver`; and what was sent to this host ends at once, and runs again elsewhere.
    func leaveAlone(_ host: Int, because failure: StatementFailure) {
        guard configuration.hosts.count > 1 else { return }
        passOver(host, because: failure)
        let (lent, idle) = state.withLock { state in
            let idle = state.idle.filter { $0.host == host }
            state.idle.removeAll { $0.host == host }
            return (state.lent.filter { $0.host == host }, idle)
        }
        for connection in lent + idle { connection.socket.limit(to: .after(milliseconds: 0)) }
    }

    /// Whether a connection that is given back is closed, for the next to be opened to a host that is preferred and serves.
    func isToMove(_ connection: Connection) -> Bool {
        guard connection.host > 0, hosts.preferred < connection.host else { return false }
        let now = Deadline.nowUptimeNanoseconds()
        return state.withLock { state in
            let pause = UInt64(ConnectionPool.moveMilliseconds) * 1_000_000
            guard now >= state.movedAtUptimeNanoseconds + pause else { return false }
            state.movedAtUptimeNanoseconds = now
            return true
        }
    }

    /// Has a thread look after the hosts until the pool is closed or gone.
    func watchHosts() {
        guard configuration.hosts.count > 1 else { return }
        let isToStart = state.withLock { state in
            defer { state.isWatching = true }
            return !state.isWatching
        }
        guard isToStart else { return }
        let thread = Thread.start { [weak self] in
            while let isOpen = self?.lookAfterHosts(), isOpen {
                Thread.sleep(milliseconds: ConnectionPool.lookMilliseconds)
            }
        }
        thread?.detach()
        // The next opening tries again.
        if thread == nil { state.withLock { $0.isWatching = false } }
    }

    /// Asks the hosts that say nothing whether they live, and those that failed whether they serve again.
    ///
    /// - Returns: whether to go on.
    private func lookAfterHosts() -> Bool {
        let now = Deadline.nowUptimeNanoseconds()
        let silence = UInt64(ConnectionPool.silenceMilliseconds) * 1_000_000
        let silent: Set<Int>? = state.withLock { state in
            state.isClosed
                ? nil : Set(state.lent.filter { now >= $0.lentAtUptimeNanoseconds + silence }.map(\.host))
        }
        guard let silent else { return false }
        for host in silent {
            do throws(StatementFailure) { try ask(host) } catch {
                // One that has no place for one more connection lives.
                if error.tellsOfHost || error.tellsOfSilence { leaveAlone(host, because: error) }
            }
        }
        for host in hosts.due {
            do throws(StatementFailure) {
                try ask(host)
                if hosts.serves(host) { observe(.hostServes(configuration.hosts[host])) }
            } catch {
                _ = hosts.fails(host)
            }
        }
        return true
    }

    /// Whether it lets a session begin; it gets the time that one host alone would have.
    private func ask(_ host: Int) throws(StatementFailure) {
        var patient = configuration
        patient.connectTimeoutSeconds *= configuration.hosts.count
        _ = try Connection(
            patient, host: host, schema: configuration.database, session: SessionSettings(configuration),
            by: .after(milliseconds: configuration.connectTimeoutSeconds * 1000))
    }
}
