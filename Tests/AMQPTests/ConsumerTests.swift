import AMQP
import BlockingTesting
import Concurrency
import ConcurrencyTesting
import Foundation
import RabbitTesting
import RepositoryFiles
import Testing

extension BrokerTests {
    @Suite(.blocking) struct ConsumerTests {
        private let server: RabbitServer
        private let pika: PikaClient
        private let queue = AMQPQueue(
            name: uniqueName("queue"), exchange: uniqueName("exchange"), routingKeys: ["order.*"])

        init() throws {
            server = try RabbitServer.shared.get()
            pika = PikaClient(server)
        }

        @Test func `messages come in their order, with what they carry, and once`() throws {
            let (consumer, deliveries, _) = try startConsumer()
            defer { stop(consumer) }
            let running = RunningPublisher(try server.configuration(), exchange: queue.exchange)
            for first in [1, 65, 129] { #expect(running.publish(window(first...first + 63, bytes: 300)) == nil) }
            #expect(deliveries.wait { $0.count >= 192 })
            let all = deliveries.value
            #expect(all.map(\.messageID) == (1...192).map { "id-\($0)" })
            let first = try #require(all.first)
            #expect(first.routingKey == "order.created")
            #expect(first.type == "order.created")
            #expect(first.contentType == "text/plain")
            #expect(first.body == Array(("1 " + String(repeating: "x", count: 298)).utf8))
            #expect(!first.isRedelivered)
        }

        @Test func `what was acknowledged does not come again, and the rest does`() throws {
            let (consumer, deliveries, _) = try startConsumer()
            let running = RunningPublisher(try server.configuration(), exchange: queue.exchange)
            #expect(running.publish(window(1...10)) == nil)
            #expect(deliveries.wait { $0.count >= 10 })
            stop(consumer)
            #expect(running.publish(window(11...12)) == nil)
            let (second, rest, _) = try startConsumer()
            defer { stop(second) }
            #expect(rest.wait { $0.count >= 2 })
            #expect(rest.value.map(\.messageID) == ["id-11", "id-12"])
        }

        @Test func `a body of more than 1 MiB is not kept`() throws {
            let (consumer, deliveries, events) = try startConsumer()
            defer { stop(consumer) }
            _ = try pika.run(
                """
                for size in (1 << 20, (1 << 20) + 1, 3):
                    channel.basic_publish("\(queue.exchange)", "order.created", b"x" * size)
                """)
            #expect(deliveries.wait { $0.count >= 3 })
            #expect(deliveries.value.map { $0.body?.count } == [1 << 20, nil, 3])
            #expect(events.all == [.connected])
        }

        @Test func `a consumer comes back after the broker's restart`() throws {
            let (consumer, deliveries, events) = try startConsumer()
            defer { stop(consumer) }
            letQueueBeRegistered()
            server.kill9()
            #expect(events.waitFor { if case .connectionLost = $0 { true } else { false } })
            try server.start()
            let running = RunningPublisher(try server.configuration(), exchange: queue.exchange)
            #expect(comesTrue { consumer.isConnected })
            #expect(running.publish(window(1...5), withinMilliseconds: 30_000) == nil)
            #expect(deliveries.wait { $0.count >= 5 })
        }

        @Test func `a queue that is deleted is declared anew, and one that is emptied goes on`() throws {
            let (consumer, deliveries, events) = try startConsumer()
            defer { stop(consumer) }
            _ = try pika.run("channel.queue_purge('\(queue.name)'); channel.queue_delete('\(queue.name)')")
            #expect(events.waitFor { if case .connectionLost = $0 { true } else { false } })
            #expect(comesTrue { consumer.isConnected })
            let running = RunningPublisher(try server.configuration(), exchange: queue.exchange)
            #expect(running.publish(window(1...1)) == nil)
            #expect(deliveries.wait { $0.count >= 1 })
        }

        @Test func `a wrong password is told, and tried again after a pause`() throws {
            let url = try #require(AMQPURL(server.url(user: "guest:wrong")))
            let events = EventLog()
            let consumer = AMQPConsumer(
                AMQPConfiguration(url: url, connectionName: "tests"), queue: queue,
                reconnectPauseMillisecondsMax: 100, observe: events.observe
            ) { _ in }
            #expect(consumer.worker.start())
            defer { stop(consumer) }
            let isRefusal: @Sendable (AMQPEvent) -> Bool = {
                if case .connectFailed(.refused(403, _), _) = $0 { true } else { false }
            }
            #expect(comesTrue { events.all.filter(isRefusal).count >= 2 })
            #expect(!consumer.isConnected)
        }

        @Test func `the documented consumer in Python drops a duplicate, also after its own restart`() throws {
            try pika.declareQueue(
                queue.name, exchange: queue.exchange, routingKey: "order.*", arguments: #"{"x-queue-type": "quorum"}"#)
            let running = RunningPublisher(try server.configuration(), exchange: queue.exchange)
            let state = "/tmp/\(uniqueName("consumer")).sqlite"
            defer { try? FileManager.default.removeItem(atPath: state) }
            // The second window repeats the first one's end, as after a crash between the confirm and the cursor.
            #expect(running.publish(events([(5, 1), (6, 1), (5, 2)])) == nil)
            #expect(running.publish(events([(6, 1), (5, 2), (6, 2)])) == nil)
            #expect(
                try consume(state) == [
                    "processed order.created orders/5 1", "processed order.created orders/6 1",
                    "processed order.created orders/5 2", "duplicate order.created orders/6 1",
                    "duplicate order.created orders/5 2", "processed order.created orders/6 2",
                ])
            #expect(running.publish(events([(5, 2), (5, 3)])) == nil)
            #expect(
                try consume(state) == ["duplicate order.created orders/5 2", "processed order.created orders/5 3"])
        }

        private func consume(_ state: String) throws -> [String] {
            let output = try PikaClient.python([
                RepositoryFile("Examples/EventConsumer/consumer.py").path, "--url", server.url(), "--queue", queue.name,
                "--state", state, "--idle-seconds", "1",
            ])
            return output.split(separator: "\n").map(String.init)
        }

        private func events(_ versions: [(order: Int, sequence: Int)]) -> PublishWindow {
            var window = PublishWindow()
            for (order, sequence) in versions {
                let event = """
                    {"specversion": "1.0", "id": "event-\(order)-\(sequence)", "source": "/orders-api",
                     "type": "order.created", "subject": "orders/\(order)", "partitionkey": "\(order)",
                     "sequence": "\(sequence)", "data": {"order_id": \(order)}}
                    """
                let fits = window.append(
                    AMQPMessage(
                        routingKey: "order.created", messageID: "event-\(order)-\(sequence)", type: "order.created",
                        contentType: "application/cloudevents+json", body: Array(event.utf8)))
                #expect(fits)
            }
            return window
        }

        private func startConsumer() throws -> (AMQPConsumer, Observed<[AMQPDelivery]>, EventLog) {
            let deliveries = Observed<[AMQPDelivery]>([])
            let events = EventLog()
            let consumer = AMQPConsumer(
                try server.configuration(), queue: queue, prefetchCount: 16, reconnectPauseMillisecondsMax: 200,
                observe: events.observe
            ) { delivery in deliveries.change { $0.append(delivery) } }
            #expect(consumer.worker.start())
            #expect(comesTrue { consumer.isConnected })
            return (consumer, deliveries, events)
        }

        private func stop(_ consumer: AMQPConsumer) {
            consumer.worker.requestStop()
            #expect(consumer.worker.waitForEnd(by: .after(milliseconds: 10_000)))
            #expect(!consumer.isConnected)
        }
    }
}
