package import Concurrency
private import Glibc

/// Shuts sockets down at their deadlines, so that a server that has fallen silent holds no caller for longer.
///
/// The client libraries know time-outs in whole seconds only, and those of the moment of connecting; shutting a socket down
/// from another thread ends whatever waits for it at once. This is one thread for the process. It sleeps until the earliest
/// deadline that it knows of, and is woken for an earlier one only: a statement that ends in time costs it nothing.
final class SocketWatchdog: Sendable {
    static let shared = SocketWatchdog()

    private struct Watch {
        /// Nil where the place is free.
        var descriptor: Int32?
        var deadline = Deadline.never
        var isCut = false
    }

    private struct State {
        var watches: [Watch] = []
        var sleepsUntil = Deadline.never
        var isRunning = false

        /// Shuts down what is due.
        ///
        /// - Returns: the earliest deadline that is left.
        mutating func cutWhatIsDue() -> Deadline {
            let now = Deadline.nowUptimeNanoseconds()
            var next = Deadline.never
            for index in watches.indices {
                let watch = watches[index]
                guard let descriptor = watch.descriptor, watch.deadline != .never else { continue }
                if watch.deadline.uptimeNanoseconds > now {
                    next = min(next, watch.deadline)
                } else {
                    shutdown(descriptor, Int32(SHUT_RDWR))
                    watches[index].deadline = .never
                    watches[index].isCut = true
                }
            }
            return next
        }
    }

    private let state = Lock(State())

    /// Takes a descriptor into its care, to be closed by `remove` alone.
    ///
    /// - Returns: the place under which it is watched; nil when the system has no thread left to watch.
    func add(_ descriptor: Int32) -> Int? {
        state.withLock { state in
            if !state.isRunning {
                // 64 KiB: it scans a list.
                state.isRunning = Thread.start(stackBytes: 64 * 1024) { [self] in run() } != nil
            }
            guard state.isRunning else { return nil }
            if let place = state.watches.firstIndex(where: { $0.descriptor == nil }) {
                state.watches[place] = Watch(descriptor: descriptor)
                return place
            }
            state.watches.append(Watch(descriptor: descriptor))
            return state.watches.count - 1
        }
    }

    /// Closes the descriptor, under the lock: from then on its number may be another's.
    func remove(_ place: Int) {
        state.withLock { state in
            if let descriptor = state.watches[place].descriptor { close(descriptor) }
            state.watches[place] = Watch()
        }
    }

    func set(_ deadline: Deadline, of place: Int) {
        let isEarliest = state.withLock { state in
            state.watches[place].deadline = deadline
            return deadline < state.sleepsUntil
        }
        if isEarliest { state.signal() }
    }

    func isCut(_ place: Int) -> Bool { state.withLock { $0.watches[place].isCut } }

    /// Lifts the deadline.
    ///
    /// - Returns: whether the socket was shut down before.
    func clear(_ place: Int) -> Bool {
        state.withLock { state in
            state.watches[place].deadline = .never
            return state.watches[place].isCut
        }
    }

    private func run() {
        var limit = Deadline.never
        while true {
            let next = state.wait(untilUptimeNanoseconds: limit == .never ? nil : limit.uptimeNanoseconds) {
                (state) -> Deadline? in
                let next = state.cutWhatIsDue()
                state.sleepsUntil = next
                return next == limit ? nil : next
            }
            limit = next ?? limit
        }
    }
}

/// A connection's socket, under the watchdog's eyes for as long as this lives.
///
/// It holds a descriptor of its own: the client library closes its one whenever it finds the connection broken, and the
/// number may be another socket's the moment after.
package final class WatchedSocket: Sendable {
    private let place: Int

    /// - Returns: nil when the system has no descriptor or thread left.
    package init?(_ descriptor: Int32) {
        let own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard own >= 0 else { return nil }
        guard let place = SocketWatchdog.shared.add(own) else {
            close(own)
            return nil
        }
        self.place = place
    }

    deinit { SocketWatchdog.shared.remove(place) }

    /// Has it shut down at the deadline, unless that is lifted before.
    package func limit(to deadline: Deadline) { SocketWatchdog.shared.set(deadline, of: place) }

    /// - Returns: whether the socket was shut down before.
    package func liftLimit() -> Bool { SocketWatchdog.shared.clear(place) }

    /// Whether its deadline has passed and nothing can be read or written any more.
    package var isCut: Bool { SocketWatchdog.shared.isCut(place) }
}

extension Deadline {
    fileprivate static let never = Deadline(uptimeNanoseconds: .max)
}
