internal import Concurrency

/// How much a server has open, for other threads to read and to wait on.
final class ServerLoad: Sendable {
    private struct Counts {
        var inFlight = 0
        var connections = 0
    }

    private let counts = Lock(Counts())

    var current: (inFlight: Int, connections: Int) { counts.withLock { ($0.inFlight, $0.connections) } }

    func opened() { counts.withLock { $0.connections += 1 } }

    func closed() { lower { $0.connections -= 1 } }

    /// A request's first line is there.
    func began() { counts.withLock { $0.inFlight += 1 } }

    /// Its answer is out, or nobody waits for it any more.
    func finished() { lower { $0.inFlight -= 1 } }

    /// Waits until no request is in flight; false when the deadline comes first.
    func waitUntilIdle(by deadline: Deadline) -> Bool { wait(by: deadline) { $0.inFlight == 0 } }

    /// Waits until no connection is open; false when the deadline comes first.
    func waitUntilEmpty(by deadline: Deadline) -> Bool { wait(by: deadline) { $0.connections == 0 } }

    private func lower(_ change: (inout Counts) -> Void) {
        let isNotable = counts.withLock { counts in
            change(&counts)
            return counts.inFlight == 0 || counts.connections == 0
        }
        if isNotable { counts.broadcast() }
    }

    private func wait(by deadline: Deadline, until isReached: (Counts) -> Bool) -> Bool {
        counts.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { isReached($0) ? true : nil } ?? false
    }
}
