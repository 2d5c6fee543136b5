import Concurrency
import MySQL
import Telemetry

/// Has requests that wait for a change of an order look again, whichever process changed it.
///
/// While somebody waits, the event log is read every 100 ms, by one thread for all. Orders share signals, so that a change wakes
/// a few requests and not all.
final class OrderWatch: Sendable {
    /// 64 signals: of 1,000 requests that wait a change has some 16 look in vain.
    private static let signalCount = 64
    /// 100 ms: how late a reader hears of what another process wrote.
    private static let intervalMilliseconds = 100
    /// 2 s: a database that is silent is asked again.
    private static let readMilliseconds = 2000
    /// 1,000 events a look; where there are more, all who wait look.
    private static let eventsMax = 1000

    private struct State {
        /// Nil before the first look.
        var seq: Int64?
        /// Nobody waits for longer.
        var endsAt = Deadline(uptimeNanoseconds: 0)
    }

    private let database: Database
    private let log: EventLogStore
    private let logger: Logger
    private let signals = (0..<signalCount).map { _ in WakeSignal() }
    private let state = Lock(State())
    private let worker = Lock<Worker?>(nil)

    init(_ database: Database, _ log: EventLogStore, _ logger: Logger) {
        self.database = database
        self.log = log
        self.logger = logger
    }

    /// Looks while somebody waits.
    func makeWorker() -> Worker {
        let made = Worker("order-watch") { [self] _ in look() }
        worker.withLock { $0 = made }
        return made
    }

    /// What is fired when an order may have changed.
    func signal(orderID: Int64) -> WakeSignal { signals[Int(UInt64(bitPattern: orderID) % UInt64(signals.count))] }

    /// Orders have changed.
    func note(_ orderIDs: [Int64]) { for id in orderIDs { signal(orderID: id).fire() } }

    /// Has the watch look for as long as a request waits that begins to wait now.
    func expectWaiting(seconds: Int) {
        state.withLock { $0.endsAt = max($0.endsAt, .after(milliseconds: seconds * 1000)) }
        worker.withLock { $0 }?.wake()
    }

    private func look() -> Worker.Next {
        guard state.withLock({ !$0.endsAt.hasPassed }) else {
            // What happens until somebody waits again is nothing to anybody.
            state.withLock { $0.seq = nil }
            return .whenWoken
        }
        do throws(DatabaseError) {
            let known = state.withLock { $0.seq }
            let found = try database.read(by: .after(milliseconds: OrderWatch.readMilliseconds)) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                guard let known else { return (seq: try log.lastSeq(in: session), orderIDs: [Int64]()) }
                return try log.orderIDs(after: known, limit: OrderWatch.eventsMax, in: session)
            }
            state.withLock { $0.seq = found.seq }
            // Those who came before the first look may have missed something.
            if known == nil || found.orderIDs.count == OrderWatch.eventsMax {
                for signal in signals { signal.fire() }
            } else {
                note(found.orderIDs)
            }
        } catch {
            logger.debug("orders not watched", ["cause": error.description])
        }
        return .after(milliseconds: OrderWatch.intervalMilliseconds)
    }
}
