import Concurrency
import MySQL
import Telemetry

/// Has requests that wait for events look again when another instance has numbered some. One look serves all who wait.
final class EventWatch: Sendable {
    /// 100 ms: how late a reader hears of what another instance wrote.
    private static let intervalMilliseconds = 100
    /// 2 s: a database that is silent is asked again.
    private static let readMilliseconds = 2000

    private struct State {
        var seq: Int64 = 0
        /// Nobody waits for longer.
        var endsAt = Deadline(uptimeNanoseconds: 0)
    }

    private let database: Database
    private let log: EventLogStore
    private let numbered: WakeSignal
    private let logger: Logger
    private let state = Lock(State())
    private let worker = Lock<Worker?>(nil)

    /// - Parameter numbered: fired when there are new events.
    init(_ database: Database, _ log: EventLogStore, numbered: WakeSignal, _ logger: Logger) {
        self.database = database
        self.log = log
        self.numbered = numbered
        self.logger = logger
    }

    /// Looks while somebody waits.
    func makeWorker() -> Worker {
        let made = Worker("event-watch") { [self] _ in look() }
        worker.withLock { $0 = made }
        return made
    }

    /// Has the watch look for as long as a request waits that begins to wait now.
    func expectWaiting(seconds: Int) {
        state.withLock { $0.endsAt = max($0.endsAt, .after(milliseconds: seconds * 1000)) }
        worker.withLock { $0 }?.wake()
    }

    private func look() -> Worker.Next {
        guard state.withLock({ !$0.endsAt.hasPassed }) else { return .whenWoken }
        do throws(DatabaseError) {
            let seq = try database.read(by: .after(milliseconds: EventWatch.readMilliseconds)) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try log.lastSeq(in: session)
            }
            let isNew = state.withLock { state in
                defer { state.seq = seq }
                return state.seq != seq
            }
            if isNew { numbered.fire() }
        } catch {
            logger.debug("events not watched", ["cause": error.description])
        }
        return .after(milliseconds: EventWatch.intervalMilliseconds)
    }
}
