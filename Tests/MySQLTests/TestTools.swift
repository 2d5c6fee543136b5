import Concurrency
import MySQL
import Testing

/// What a database reported, in order.
final class EventLog: Sendable {
    private let events = Lock<[DatabaseEvent]>([])

    var observe: @Sendable (DatabaseEvent) -> Void {
        { [events] event in events.withLock { $0.append(event) } }
    }

    var all: [DatabaseEvent] { events.withLock { $0 } }

    /// The reasons of the repetitions.
    var retries: [DatabaseError] {
        all.compactMap { if case .retry(let reason, _, _) = $0 { reason } else { nil } }
    }

    func clear() { events.withLock { $0 = [] } }
}

/// A gate that one thread opens and others wait at.
final class Turnstile: Sendable {
    private let isOpen = Lock(false)

    func open() {
        isOpen.withLock { $0 = true }
        isOpen.broadcast()
    }

    func pass() {
        let deadline = Deadline.after(milliseconds: 30_000)
        let passed: Void? = isOpen.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { $0 ? () : nil }
        if passed == nil { Issue.record("A test's turnstile stayed closed.") }
    }
}

/// Runs each on a thread of its own, and waits for all.
func inParallel(_ bodies: [@Sendable () -> Void]) {
    let threads = bodies.map { Thread.start($0) }
    for thread in threads {
        guard let thread else {
            Issue.record("No thread.")
            continue
        }
        thread.join()
    }
}

/// The statement that kills a connection. MySQL binds no values in it, hence the literal digits.
func killStatement(_ identifier: Int, _ verb: SQL = "KILL ") -> SQL {
    let digits: [SQL] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
    return String(identifier).compactMap(\.wholeNumberValue).reduce(verb) { $0 + digits[$1] }
}
