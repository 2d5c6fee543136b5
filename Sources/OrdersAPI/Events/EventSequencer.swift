import Concurrency
import FaultPoints
import MySQL
import Telemetry

/// Gives committed events their numbers, in the background: at once where this process wrote them, within a second otherwise.
///
/// Any number of instances do it, one at a time: whoever holds the row of `event_sequence`. Its session ends on its own after some
/// seconds of silence, so that an instance which was stopped or cut off in the middle holds the others up no longer.
final class EventSequencer: Sendable {
    /// A session that is silent for 5 s has lost its process or its network: a batch takes milliseconds.
    static let sessionIdleTimeoutSeconds = 5
    /// Some 10 ms of work, for which the other instances wait.
    private static let batchSize = 500
    /// 1 s: how late an event is numbered whose own instance died before it could.
    private static let intervalMilliseconds = 1000
    /// 5 ms between two batches under load: some orders share a batch's round trips, and no reader notices.
    private static let gatheringMilliseconds = 5
    /// 10 s, in which a backlog of 100,000 events is numbered; the next run goes on.
    private static let runMilliseconds = 10_000

    private static let numberedTotal = Metrics.Definition(
        "event_batches_numbered_total", "Batches of events that this process gave their numbers.", .counter)

    private struct State {
        var bound = OutboxBound()
        var lastBatchEnded = Deadline(uptimeNanoseconds: 0)
        var caughtUpAt = Deadline.after(milliseconds: 0)
        var isFailing = false
        /// Whether this process has committed events since the last run.
        var hasCommitted = true
    }

    private let database: Database
    private let numbering = EventNumbering()
    private let numbered: WakeSignal
    private let logger: Logger
    private let metrics: Metrics
    private let state = Lock(State())
    private let worker = Lock<Worker?>(nil)

    /// - Parameters:
    ///   - database: of its own, so that it never waits behind requests.
    ///   - numbered: fired when events have got their numbers.
    init(_ database: Database, numbered: WakeSignal, _ logger: Logger, _ metrics: Metrics) {
        self.database = database
        self.numbered = numbered
        self.logger = logger
        self.metrics = metrics
        metrics.declare(EventSequencer.numberedTotal)
        metrics.gauge(
            "outbox_oldest_seconds", "How long ago this process last saw that no committed event lacked its number."
        ) { [state] in
            let caughtUpAt = state.withLock { $0.caughtUpAt.uptimeNanoseconds }
            return Double(Deadline.nowUptimeNanoseconds() - caughtUpAt) / 1e9
        }
    }

    /// Numbers whatever there is, and again when it is woken.
    func makeWorker() -> Worker {
        let made = Worker("event-sequencer") { [self] stop in
            let sinceLast = state.withLock {
                $0.lastBatchEnded.later(milliseconds: EventSequencer.gatheringMilliseconds)
            }
            if !sinceLast.hasPassed { Thread.sleep(milliseconds: EventSequencer.gatheringMilliseconds) }
            do throws(DatabaseError) {
                let deadline = Deadline.after(milliseconds: EventSequencer.runMilliseconds)
                let bound = state.withLock { $0.bound.value() }
                if try hasWork(above: bound, by: deadline) { try run(above: bound, by: deadline, stop) }
                report(nil)
            } catch {
                report(error)
            }
            return .after(milliseconds: EventSequencer.intervalMilliseconds)
        }
        worker.withLock { $0 = made }
        return made
    }

    /// Has the events numbered that this process has committed.
    func noteCommitted() {
        state.withLock { $0.hasCommitted = true }
        worker.withLock { $0 }?.wake()
    }

    /// Whether there is something to number. Where this process has committed nothing a look is enough, which takes no lock.
    private func hasWork(above bound: Int64, by deadline: Deadline) throws(DatabaseError) -> Bool {
        let hasCommitted = state.withLock { state in
            defer { state.hasCommitted = false }
            return state.hasCommitted
        }
        if hasCommitted { return true }
        let isEmpty = try database.read(by: deadline) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try numbering.isEmpty(above: bound, in: session)
        }
        if isEmpty { state.withLock { $0.caughtUpAt = .after(milliseconds: 0) } }
        return !isEmpty
    }

    /// Numbers all committed events.
    ///
    /// - Returns: how many.
    @discardableResult
    func run(by deadline: Deadline) throws(DatabaseError) -> Int {
        try run(above: state.withLock { $0.bound.value() }, by: deadline, .never)
    }

    @discardableResult
    private func run(above start: Int64, by deadline: Deadline, _ stop: StopToken) throws(DatabaseError) -> Int {
        var count = 0
        var isComplete = true
        var bound = start
        while !deadline.hasPassed, !stop.isStopRequested {
            let batch = try numberBatch(above: bound, by: deadline)
            count += batch.numberedCount
            isComplete = isComplete && batch.numberedCount == batch.foundCount
            if batch.numberedCount > 0 {
                metrics.increment(EventSequencer.numberedTotal)
                numbered.fire()
            }
            if let lastID = batch.lastID {
                bound = lastID
                state.withLock { $0.bound.saw(lastID) }
            }
            if batch.foundCount < EventSequencer.batchSize {
                state.withLock { state in
                    if count > 0 { state.lastBatchEnded = .after(milliseconds: 0) }
                    if isComplete { state.caughtUpAt = .after(milliseconds: 0) }
                }
                break
            }
        }
        return count
    }

    private func numberBatch(
        above bound: Int64, by deadline: Deadline
    ) throws(DatabaseError) -> (foundCount: Int, numberedCount: Int, lastID: Int64?) {
        let batch = try database.transaction(by: deadline, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            let seq = try numbering.lockSequence(in: transaction)
            let waiting = try numbering.waiting(above: bound, limit: EventSequencer.batchSize, in: transaction)
            let turn = try numbering.inTurn(waiting, in: transaction)
            if !turn.isEmpty {
                try numbering.number(turn, after: seq, in: transaction)
                faultPoint("events.number.before-commit")
            }
            return (foundCount: waiting.count, numberedCount: turn.count, lastID: waiting.last?.id)
        }
        if batch.numberedCount > 0 { faultPoint("events.number.after-commit") }
        return batch
    }

    /// A line when it begins to fail and when it works again, not one a second.
    private func report(_ error: DatabaseError?) {
        let wasFailing = state.withLock { state in
            defer { state.isFailing = error != nil }
            return state.isFailing
        }
        if let error, !wasFailing { logger.warning("events not numbered", ["cause": error.description]) }
        if error == nil, wasFailing { logger.info("events are numbered again") }
    }
}
