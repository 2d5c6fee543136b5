import AMQP
import BlockingTesting
import Components
import Concurrency
import ConcurrencyTesting
import CurlHTTPClient
import DatabaseWebService
import Glibc
import RabbitTesting
import ServiceTesting
import SystemTesting
import Telemetry
import Testing
import WebApplication

@testable import Notifier

/// Messages have the feed read at once; whatever becomes of them, the feed has the events.
@Suite(.blocking, .serialized) struct FeedMessagesTests {
    /// Stopped by these tests, so no other's.
    private static let server = Result<RabbitServer, any Error> { try RabbitServer() }

    private let server: RabbitServer
    private let pika: PikaClient
    private let feed: ScriptedFeed
    private let receiver: WebhookReceiver
    private let harness: ServiceHarness
    private let messages: FeedMessages

    init() throws {
        server = try FeedMessagesTests.server.get()
        pika = PikaClient(server)
        feed = try ScriptedFeed()
        receiver = try WebhookReceiver()
        harness = try ServiceHarness(["ORDERS_API_BASE": feed.url, "AMQP_URL": server.url()])
        messages = try #require(harness.app.feedMessages)
        try harness.endpoint(receiver.url)
    }

    /// Reads while `body` runs.
    ///
    /// - Parameter lookMilliseconds: in place of the 30 s.
    private func reading(lookMilliseconds: Int? = nil, _ body: () throws -> Void) throws {
        let worker: Worker
        if let lookMilliseconds {
            let client = FeedClient(
                transport: CurlTransport(
                    configuration: FeedClient.transportConfiguration(ServiceTLS(), stop: .never)),
                origin: try #require(Origin(feed.url)), token: ServiceToken("t"))
            worker = FeedReader(
                database: harness.database, client: client, cursor: FeedCursorStore(), endpoints: EndpointStore(),
                ingest: harness.app.ingest, status: harness.app.status, wake: harness.app.wake,
                metrics: harness.app.base.metrics, logger: harness.app.base.logger, messages: messages,
                lookMilliseconds: lookMilliseconds
            ).worker { _ in }
        } else {
            worker = harness.app.feed
        }
        try messages.start(ComponentControl())
        harness.start([worker])
        defer {
            messages.drain(by: .after(milliseconds: 0))
            #expect(messages.stop(by: .after(milliseconds: 10_000)))
            harness.stop()
        }
        try body()
    }

    /// Waits until the reader relies on messages.
    private func waitUntilIdle() {
        #expect(comesTrue(withinMilliseconds: 60_000) { messages.isConnected })
        #expect(feed.asked.wait { $0.last.map { $0.prefer == nil } ?? false })
        Thread.sleep(milliseconds: 300)
    }

    private func publish(_ count: Int = 1, body: String = "{}") throws {
        _ = try pika.run(
            """
            for number in range(\(count)):
                channel.basic_publish("\(FeedMessages.queue.exchange)", "order.created", b"\(body)")
            """)
    }

    @Test func `a message has the feed read at once, and without one it is left alone`() throws {
        try reading {
            waitUntilIdle()
            let asked = feed.asked.value.count
            Thread.sleep(milliseconds: 2000)
            #expect(feed.asked.value.count == asked, "the feed is not asked again and again")
            for number in 1...3 as ClosedRange<Int64> {
                feed.add(eventJSON(number, order: 1))
                // What it says does not matter.
                try publish(body: ["{}", "no event", String(repeating: "x", count: 100_000)][Int(number) - 1])
                #expect(receiver.wait(for: Int(number), withinMilliseconds: 5000))
            }
            #expect(feed.asked.value.dropFirst(asked).allSatisfy { $0.prefer == nil })
            #expect(harness.app.base.metrics.prometheusText().contains("amqp_connected 1"))
        }
    }

    @Test func `messages that came while nobody listened are few, and are taken out at once`() throws {
        try reading { waitUntilIdle() }
        feed.add(eventJSON(1, order: 1))
        try publish(5000)
        let kept = try pika.run(
            #"print(channel.queue_declare("\#(FeedMessages.queue.name)", passive=True).method.message_count)"#)
        #expect(Int(kept.dropLast()) == FeedMessages.queue.messagesMax)
        let asked = feed.asked.value.count
        let second = try ServiceHarness(["ORDERS_API_BASE": feed.url, "AMQP_URL": server.url()], sharing: harness)
        let others = try #require(second.app.feedMessages)
        try others.start(ComponentControl())
        second.start([second.app.feed])
        defer {
            _ = others.stop(by: .after(milliseconds: 10_000))
            second.stop()
        }
        #expect(receiver.wait(for: 1, withinMilliseconds: 5000))
        #expect(comesTrue { others.isConnected })
        Thread.sleep(milliseconds: 1000)
        #expect(try pika.drain(FeedMessages.queue.name).isEmpty)
        #expect(feed.asked.value.count - asked <= 2 * (FeedMessages.queue.messagesMax ?? 0))
    }

    @Test func `while the broker is away the feed is waited at, and one that is back wakes again`() throws {
        try reading {
            waitUntilIdle()
            // The broker writes its list of queues some time after it has told of one.
            Thread.sleep(milliseconds: 2000)
            server.kill9()
            #expect(comesTrue { !messages.isConnected })
            let asked = feed.asked.value.count
            feed.add(eventJSON(1, order: 1))
            #expect(receiver.wait(for: 1, withinMilliseconds: 5000))
            feed.add(eventJSON(2, order: 1))
            #expect(receiver.wait(for: 2, withinMilliseconds: 5000))
            #expect(feed.asked.value.dropFirst(asked).contains { $0.prefer == "wait=20" })
            try server.start()
            waitUntilIdle()
            feed.add(eventJSON(3, order: 1))
            try publish()
            #expect(receiver.wait(for: 3, withinMilliseconds: 5000))
        }
    }

    @Test func `a queue that is deleted or emptied costs no event`() throws {
        try reading(lookMilliseconds: 3000) {
            waitUntilIdle()
            feed.add(eventJSON(1, order: 1))
            try server.control("delete_queue", FeedMessages.queue.name)
            #expect(receiver.wait(for: 1, withinMilliseconds: 5000))
            waitUntilIdle()
            // Its message was in the queue when that was emptied.
            feed.add(eventJSON(2, order: 1))
            #expect(receiver.wait(for: 2, withinMilliseconds: 5000))
        }
    }

    @Test func `a broker that takes no messages costs no event`() throws {
        try reading(lookMilliseconds: 3000) {
            waitUntilIdle()
            try server.control("set_vm_memory_high_watermark", "0")
            defer { _ = try? server.control("set_vm_memory_high_watermark", "0.4") }
            feed.add(eventJSON(1, order: 1))
            #expect(receiver.wait(for: 1, withinMilliseconds: 5000))
            #expect(messages.isConnected)
        }
    }

    @Test func `messages do not shorten the pause after a failure`() throws {
        try reading {
            waitUntilIdle()
            feed.state.change { $0.isRewound = true }
            try publish()
            #expect(comesTrue { harness.app.status.state == .rewound })
            let asked = feed.asked.value.count
            try publish(50)
            Thread.sleep(milliseconds: 1000)
            #expect(feed.asked.value.count == asked)
        }
    }

    @Test func `a service whose broker is away serves and delivers, and ends in time`() throws {
        let environment = harness.environment.merging(["AMQP_URL": "amqp://127.0.0.1:1/"]) { $1 }
        let process = try ServiceProcess("Notifier", environment: environment)
        defer { process.end() }
        _ = try process.waitForPort()
        feed.add(eventJSON(1, order: 1))
        #expect(receiver.wait(for: 1))
        process.signal(SIGTERM)
        #expect(try process.waitForExit(seconds: 6) == 0, "\(process.text)")
        #expect(process.text.contains("connect-failed"))
    }

    @Test func `a service with a broker is woken, and ends in time`() throws {
        let process = try ServiceProcess("Notifier", environment: harness.environment)
        defer { process.end() }
        _ = try process.waitForPort()
        #expect(feed.asked.wait(withinMilliseconds: 60_000) { $0.contains { $0.prefer == nil } }, "\(process.text)")
        Thread.sleep(milliseconds: 300)
        feed.add(eventJSON(1, order: 1))
        try publish()
        #expect(receiver.wait(for: 1, withinMilliseconds: 5000))
        process.signal(SIGTERM)
        #expect(try process.waitForExit(seconds: 6) == 0, "\(process.text)")
    }
}
