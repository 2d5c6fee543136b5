import AMQP
import Concurrency
import ConcurrencyTesting
import RabbitTesting
import Testing

/// What publishers and consumers tell, in order.
final class EventLog: Sendable {
    private let events = Observed<[AMQPEvent]>([])

    var all: [AMQPEvent] { events.value }

    @Sendable func observe(_ event: AMQPEvent) { events.change { $0.append(event) } }

    /// - Returns: whether one came for which `condition` holds.
    func waitFor(_ condition: (AMQPEvent) -> Bool) -> Bool { events.wait { $0.contains(where: condition) } }
}

/// A publisher that is stopped, and waited for, when the test ends.
final class RunningPublisher {
    let events = EventLog()
    let publisher: AMQPPublisher

    init(_ configuration: AMQPConfiguration, exchange: String = "tests") {
        publisher = AMQPPublisher(
            configuration, exchange: exchange, reconnectPauseMillisecondsMax: 200, observe: events.observe)
        #expect(publisher.start())
    }

    deinit {
        publisher.requestStop()
        #expect(publisher.waitForEnd(by: .after(milliseconds: 10_000)))
    }

    /// - Returns: nil where all of it was confirmed.
    func publish(_ window: PublishWindow, withinMilliseconds milliseconds: Int = 20_000) -> AMQPPublishError? {
        do throws(AMQPPublishError) {
            try publisher.publish(window, by: .after(milliseconds: milliseconds))
            return nil
        } catch {
            return error
        }
    }

    /// Publishes, and expects it to end by its deadline, give or take what a busy machine takes to wake a thread.
    func publishInTime(_ window: PublishWindow, withinMilliseconds milliseconds: Int) -> AMQPPublishError? {
        let start = Deadline.after(milliseconds: 0)
        let error = publish(window, withinMilliseconds: milliseconds)
        #expect(!start.later(milliseconds: milliseconds + 400).hasPassed)
        return error
    }
}

/// A window of messages that begin with their numbers; all have so many bytes, or as many as that takes.
func window(_ numbers: ClosedRange<Int>, routingKey: String = "order.created", bytes: Int = 0) -> PublishWindow {
    var window = PublishWindow()
    for number in numbers {
        let start = "\(number) "
        let text = start + String(repeating: "x", count: max(bytes - start.utf8.count, 0))
        let fits = window.append(
            AMQPMessage(
                routingKey: routingKey, messageID: "id-\(number)", type: routingKey, contentType: "text/plain",
                timestampSeconds: 1_700_000_000, body: Array(text.utf8)))
        #expect(fits)
    }
    return window
}

/// Lets a broker write down a queue that was just declared. RabbitMQ 3.10 registers a quorum queue on disk half a second later or
/// so; one that is killed before has the queue no more, nor what it confirmed of it.
func letQueueBeRegistered() { Thread.sleep(milliseconds: 2000) }

extension AMQPPublishError {
    var isNothing: Bool {
        switch self {
        case .nothingAccepted: true
        case .maybeAccepted: false
        }
    }
}
