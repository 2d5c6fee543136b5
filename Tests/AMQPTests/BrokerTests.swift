import AMQP
import BlockingTesting
import Concurrency
import ConcurrencyTesting
import DatabaseTesting
import Foundation
import RabbitTesting
import Testing

/// Everything against a real broker. One test at a time: some stop it.
@Suite(.blocking, .serialized) enum BrokerTests {}

/// Names of a test's own.
func uniqueName(_ prefix: String) -> String { "\(prefix)-\(UUID().uuidString)" }

extension BrokerTests {
    @Suite(.blocking) struct PublishingTests {
        private let server: RabbitServer
        private let pika: PikaClient
        private let exchange = uniqueName("exchange")
        private let queue = uniqueName("queue")

        init() throws {
            server = try RabbitServer.shared.get()
            pika = PikaClient(server)
        }

        @Test func `what was confirmed is in a quorum queue, as it was sent`() throws {
            try declareQuorumQueue()
            let running = RunningPublisher(try server.configuration(), exchange: exchange)
            #expect(running.publish(window(1...64, bytes: 1024)) == nil)
            #expect(running.publisher.status.confirmedCount == 64)
            let messages = try pika.drain(queue)
            #expect(messages.map(\.message_id) == (1...64).map { "id-\($0)" })
            let first = try #require(messages.first)
            #expect(first.routing_key == "order.created")
            #expect(first.type == "order.created")
            #expect(first.content_type == "text/plain")
            #expect(first.delivery_mode == 2)
            #expect(first.timestamp == 1_700_000_000)
            #expect(first.body == "1 " + String(repeating: "x", count: 1022))
        }

        @Test func `a message as large as a window goes through whole`() throws {
            try declareQuorumQueue()
            let running = RunningPublisher(try server.configuration(), exchange: exchange)
            #expect(running.publish(window(1...1, bytes: 65_536)) == nil)
            #expect(try pika.drain(queue).map(\.body.utf8.count) == [65_536])
        }

        @Test func `what no queue wants is confirmed, too, and an empty window is nothing to do`() throws {
            let running = RunningPublisher(try server.configuration(), exchange: exchange)
            #expect(running.publish(PublishWindow()) == nil)
            #expect(running.events.all == [])
            #expect(running.publish(window(1...3)) == nil)
        }

        @Test func `windows of several callers come in one piece each`() throws {
            try declareQuorumQueue()
            let running = RunningPublisher(try server.configuration(), exchange: exchange)
            let publisher = running.publisher
            let failures = Observed(0)
            let threads = (0..<8).compactMap { caller in
                Thread.start {
                    for round in 0..<5 {
                        let first = caller * 1000 + round * 10
                        do { try publisher.publish(window(first...first + 9), by: .after(milliseconds: 20_000)) } catch
                        {
                            failures.change { $0 += 1 }
                        }
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(failures.value == 0)
            let numbers = try pika.drain(queue).compactMap { Int($0.body.prefix { $0.isNumber }) }
            #expect(numbers.count == 400)
            for start in stride(from: 0, to: numbers.count, by: 10) {
                #expect(Array(numbers[start..<start + 10]) == Array(numbers[start]...numbers[start] + 9))
            }
        }

        @Test func `a full queue's refusal is told, and the window may be repeated`() throws {
            try pika.declareQueue(
                queue, exchange: exchange, routingKey: "#",
                arguments: #"{"x-queue-type": "classic", "x-max-length": 2, "x-overflow": "reject-publish"}"#)
            let running = RunningPublisher(try server.configuration(), exchange: exchange)
            #expect(running.publish(window(1...10)) == .maybeAccepted(.notTaken(count: 8)))
            #expect(running.publish(window(1...2)) == .maybeAccepted(.notTaken(count: 2)))
            #expect(try pika.drain(queue).count == 2)
            #expect(running.publish(window(1...2)) == nil)
        }

        @Test func `a wrong password and a missing virtual host are refused at once`() throws {
            for (url, code) in [
                (server.url(user: "guest:wrong"), 403), (server.url(user: "nobody:guest"), 403),
                (server.url(vhost: "missing"), 530),
            ] {
                let url = try #require(AMQPURL(url))
                let running = RunningPublisher(AMQPConfiguration(url: url, connectionName: "tests"))
                let start = Deadline.after(milliseconds: 0)
                let error = running.publish(window(1...1), withinMilliseconds: 15_000)
                #expect(!start.later(milliseconds: 5000).hasPassed)
                guard case .nothingAccepted(.refused(code, let text)) = error else {
                    Issue.record("\(url): \(String(describing: error))")
                    continue
                }
                #expect(!text.contains("wrong"))
            }
        }

        @Test func `an exchange that is declared otherwise is refused`() throws {
            _ = try pika.run("channel.exchange_declare('\(exchange)', 'fanout')")
            let running = RunningPublisher(try server.configuration(), exchange: exchange)
            guard case .nothingAccepted(.refused(406, _)) = running.publish(window(1...1)) else {
                Issue.record("not refused")
                return
            }
        }

        @Test func `a channel that the broker closes is opened anew, with what it needs`() throws {
            let running = RunningPublisher(try server.configuration(), exchange: exchange)
            #expect(running.publish(window(1...1)) == nil)
            _ = try pika.run("channel.exchange_delete('\(exchange)')")
            guard case .maybeAccepted(.refused(404, _)) = running.publish(window(2...5)) else {
                Issue.record("not closed")
                return
            }
            #expect(running.publish(window(2...5)) == nil)
        }

        @Test func `a connection that an operator closes between two windows costs nothing`() throws {
            let running = RunningPublisher(try server.configuration(), exchange: exchange)
            #expect(running.publish(window(1...1)) == nil)
            try server.control("close_all_connections", "maintenance")
            #expect(running.publish(window(2...2)) == nil)
            #expect(
                running.events.waitFor { if case .connectionLost(.refused(320, _)) = $0 { true } else { false } })
        }

        @Test func `a stop ends the thread, and refuses what comes after it`() throws {
            let running = RunningPublisher(try server.configuration(), exchange: exchange)
            #expect(running.publish(window(1...1)) == nil)
            running.publisher.requestStop()
            #expect(running.publisher.waitForEnd(by: .after(milliseconds: 2000)))
            #expect(running.publish(window(1...1)) == .nothingAccepted(.stopped))
            #expect(!running.publisher.start())
            #expect(!running.publisher.status.isConnected)
        }

        private func declareQuorumQueue() throws {
            try pika.declareQueue(
                queue, exchange: exchange, routingKey: "order.*", arguments: #"{"x-queue-type": "quorum"}"#)
        }
    }
}
