internal import Concurrency

/// Which of the configured hosts serve, as far as is known.
///
/// A host that failed comes after all that serve, until `serves` says otherwise.
final class HostChoice: Sendable {
    let hosts: [DatabaseHost]
    private let pauseMilliseconds: Int
    /// For each host when to ask it again; nil where it serves.
    private let failures: Lock<[Deadline?]>

    init(_ configuration: DatabaseConfiguration) {
        hosts = configuration.hosts
        pauseMilliseconds = configuration.hostPauseMilliseconds
        failures = Lock(Array(repeating: nil, count: configuration.hosts.count))
    }

    /// Their places: those that serve by preference, then the others by preference.
    var order: [Int] {
        failures.withLock { failures in
            failures.indices.filter { failures[$0] == nil } + failures.indices.filter { failures[$0] != nil }
        }
    }

    /// The first that serves; the first of all where none does.
    var preferred: Int { order.first ?? 0 }

    /// Those that failed, and have been left alone for long enough.
    var due: [Int] {
        failures.withLock { failures in failures.indices.filter { failures[$0]?.hasPassed ?? false } }
    }

    /// Leaves it alone for a while.
    ///
    /// - Returns: whether it served until now.
    func fails(_ host: Int) -> Bool {
        failures.withLock { failures in
            let served = failures[host] == nil
            failures[host] = .after(milliseconds: pauseMilliseconds)
            return served
        }
    }

    /// Connects to the first host that lets it.
    ///
    /// - Parameter whenRefused: hears of each that does not.
    /// - Throws: what the last one said.
    func connect(
        _ open: (Int) throws(StatementFailure) -> Connection,
        whenRefused: (Int, StatementFailure) -> Void = { _, _ in }
    ) throws(StatementFailure) -> Connection {
        var last = StatementFailure(.unavailable("No host is configured."), recovery: .rollBack)
        for host in order {
            do throws(StatementFailure) { return try open(host) } catch {
                whenRefused(host, error)
                last = error
            }
        }
        throw last
    }

    /// - Returns: whether it had failed before.
    func serves(_ host: Int) -> Bool {
        failures.withLock { failures in
            defer { failures[host] = nil }
            return failures[host] != nil
        }
    }
}
