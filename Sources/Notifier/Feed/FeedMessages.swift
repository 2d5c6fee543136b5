import AMQP
import Components
import Concurrency
import Telemetry

/// Hears by RabbitMQ that there is something new in the feed.
///
/// A message is acknowledged at once, and does no more than have the feed read: what has happened is what the feed says. A message
/// that is lost, comes twice or was made up costs time, and no event.
final class FeedMessages: Component {
    /// One for all instances, since they have one place in the feed: whichever is woken reads on for all.
    ///
    /// 100 messages at most: one is enough to wake, and a queue that nobody reads must not fill the broker.
    static let queue = AMQPQueue(
        name: "orchestrator.notifier", exchange: "orchestrator.events", routingKeys: ["order.#"], messagesMax: 100)

    let name = "feed-messages"

    /// Weak, since the reader's body knows this object.
    private struct Reader {
        weak var worker: Worker?
        var isListening: @Sendable () -> Bool = { false }
    }

    private let consumer: AMQPConsumer
    private let reader: Lock<Reader>

    init(_ configuration: AMQPConfiguration, _ logger: Logger, _ metrics: Metrics) {
        let events = AMQPEvents("feed", logger, metrics)
        let reader = Lock(Reader())
        self.reader = reader
        consumer = AMQPConsumer(
            configuration, queue: FeedMessages.queue,
            observe: { event in
                events.report(event)
                // From now on no message comes, so the reader has to wait at the feed itself.
                if case .connectionLost = event { FeedMessages.wake(reader) }
            },
            handle: { _ in FeedMessages.wake(reader) })
        events.register(consumer)
    }

    /// Whether what is published from now on wakes the reader.
    var isConnected: Bool { consumer.isConnected }

    /// Has each message wake `worker`, unless `isListening` says no.
    func wake(_ worker: Worker, onlyIf isListening: @escaping @Sendable () -> Bool) {
        reader.withLock { $0 = Reader(worker: worker, isListening: isListening) }
    }

    private static func wake(_ reader: Lock<Reader>) {
        let reader = reader.withLock { $0 }
        if reader.isListening() { reader.worker?.wake() }
    }

    func start(_ control: ComponentControl) throws(ComponentError) {
        guard consumer.worker.start() else { throw .threadUnavailable }
    }

    func drain(by deadline: Deadline) { consumer.worker.requestStop() }

    func stop(by deadline: Deadline) -> Bool {
        consumer.worker.requestStop()
        return consumer.worker.waitForEnd(by: deadline)
    }
}
