import AMQP
import Components
import Concurrency
import FaultPoints
import MySQL
import Telemetry

/// Publishes the log's events to RabbitMQ, in the background: each at least once, in the order of the log.
///
/// One process at a time does it. It moves its place in the log only after the broker has confirmed, so that a broker which is away
/// for an hour, or a process which is killed, costs nothing but the time; what was published without a confirm is published again.
final class EventPublisher: Component {
    static let exchange = "orchestrator.events"

    /// 10 s for a window, of which 5 are the broker's to confirm.
    private static let windowMilliseconds = 10_000
    /// 1 s: after a failure; the connection has a pause of its own.
    private static let failurePauseMilliseconds = 1000
    /// 5 s: how soon an instance takes over that waits for the lease.
    private static let leasePauseMilliseconds = 5000
    /// 1 s: events that another instance numbered are heard of by the watch, this is for when it fails.
    private static let idlePauseMilliseconds = 1000

    private static let unpublishableTotal = Metrics.Definition(
        "events_unpublishable_total", "Events that no message can hold, and that were left out.", .counter)

    let name = "event-publisher"

    private struct State {
        var lag: Int64 = 0
        var registration: WakeSignal.Registration?
    }

    private let database: Database
    private let log: EventLogStore
    private let lease = EventLease(name: "amqp")
    private let broker: AMQPPublisher
    private let numbered: WakeSignal
    private let watch: EventWatch
    private let logger: Logger
    private let metrics: Metrics
    private let state = Lock(State())

    /// - Parameter numbered: fires when there are new events.
    init(
        _ configuration: AMQPConfiguration, _ database: Database, _ log: EventLogStore, numbered: WakeSignal,
        watch: EventWatch, _ logger: Logger, _ metrics: Metrics
    ) {
        self.database = database
        self.log = log
        self.numbered = numbered
        self.watch = watch
        self.logger = logger
        self.metrics = metrics
        metrics.declare(EventPublisher.unpublishableTotal)
        let events = AMQPEvents("events", logger, metrics)
        broker = AMQPPublisher(configuration, exchange: EventPublisher.exchange, observe: events.report)
        events.register(broker)
        metrics.gauge("event_consumer_lag", "Events that are not published yet; 0 in a process that publishes none.") {
            [state] in Double(state.withLock { $0.lag })
        }
    }

    /// Publishes whatever there is, and again when there is more.
    func makeWorker() -> Worker {
        let made = Lock<Worker?>(nil)
        let worker = Worker("event-publisher") { [self] stop in
            let version = numbered.version
            let next = run(stop)
            if case .after = next { wake(made.withLock { $0 }, after: version) }
            return next
        }
        made.withLock { $0 = worker }
        return worker
    }

    /// Publishes window after window until there is nothing left.
    func run(_ stop: StopToken = .never) -> Worker.Next {
        while !stop.isStopRequested {
            let deadline = Deadline.after(milliseconds: EventPublisher.windowMilliseconds)
            do throws(DatabaseError) {
                guard let seq = try claim(by: deadline) else {
                    return .after(milliseconds: EventPublisher.leasePauseMilliseconds)
                }
                let events = try next(after: seq, by: deadline)
                guard let last = publishable(events) else {
                    watch.expectWaiting(seconds: 2 * EventPublisher.idlePauseMilliseconds / 1000)
                    return .after(milliseconds: EventPublisher.idlePauseMilliseconds)
                }
                faultPoint("amqp.publish")
                do throws(AMQPPublishError) { try broker.publish(last.window, by: deadline) } catch {
                    return .after(milliseconds: EventPublisher.failurePauseMilliseconds)
                }
                faultPoint("amqp.confirm")
                guard try advance(to: last.seq) else { return .after(milliseconds: 0) }
            } catch {
                logger.warning("events not published", ["cause": error.description])
                return .after(milliseconds: EventPublisher.failurePauseMilliseconds)
            }
        }
        return .never
    }

    /// The window that begins with the first of the events, and the number of the last that it has dealt with; nil where there are
    /// none.
    private func publishable(_ events: [LoggedEvent]) -> (window: PublishWindow, seq: Int64)? {
        var window = PublishWindow()
        var seq: Int64?
        for event in events {
            let message = AMQPMessage(
                routingKey: event.kind, messageID: event.id.text, type: event.kind,
                contentType: "application/cloudevents+json", body: event.body)
            if !window.append(message) {
                guard window.isEmpty else { break }
                logger.error(
                    "an event fits in no message and is left out", ["seq": event.seq, "bytes": event.body.count])
                metrics.increment(EventPublisher.unpublishableTotal)
            }
            seq = event.seq
        }
        return seq.map { (window, $0) }
    }

    private func claim(by deadline: Deadline) throws(DatabaseError) -> Int64? {
        let (seq, last) = try database.transaction(by: deadline, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            (try lease.claim(in: transaction), try log.lastSeq(in: transaction))
        }
        state.withLock { $0.lag = seq.map { max(last - $0, 0) } ?? 0 }
        return seq
    }

    private func next(after seq: Int64, by deadline: Deadline) throws(DatabaseError) -> [LoggedEvent] {
        try database.read(by: deadline) { (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try log.events(after: seq, limit: PublishWindow.messagesMax, in: session)
        }
    }

    /// However late it is: the broker has them.
    private func advance(to seq: Int64) throws(DatabaseError) -> Bool {
        try database.transaction(
            by: .after(milliseconds: EventPublisher.windowMilliseconds), ifCommitIsLost: .runAgain
        ) { (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            try lease.advance(to: seq, in: transaction)
        }
    }

    // As a component it is the connection to the broker, which its worker needs.

    func start(_ control: ComponentControl) throws(ComponentError) {
        guard broker.start() else { throw .threadUnavailable }
    }

    func drain(by deadline: Deadline) {}

    /// Gives back the connection, and the lease, so that another instance goes on at once.
    func stop(by deadline: Deadline) -> Bool {
        broker.requestStop()
        let hasEnded = broker.waitForEnd(by: deadline)
        do throws(DatabaseError) {
            try database.transaction(by: deadline) {
                (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                try lease.release(in: transaction)
            }
        } catch {
            logger.debug("lease not given back", ["cause": error.description])
        }
        return hasEnded
    }

    /// Has the worker run when there is something new since `version`.
    private func wake(_ worker: Worker?, after version: UInt64) {
        if let former = state.withLock({ $0.registration }) { numbered.cancel(former) }
        let registration = numbered.once(after: version) { worker?.wake() }
        state.withLock { $0.registration = registration }
        if registration == nil { worker?.wake() }
    }
}
