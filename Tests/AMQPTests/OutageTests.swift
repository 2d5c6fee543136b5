import AMQP
import BlockingTesting
import Concurrency
import ConcurrencyTesting
import DatabaseTesting
import RabbitTesting
import Testing

extension BrokerTests {
    @Suite(.blocking) struct OutageTests {
        private let server: RabbitServer
        private let pika: PikaClient
        private let exchange = uniqueName("exchange")
        private let queue = uniqueName("queue")

        init() throws {
            server = try RabbitServer.shared.get()
            pika = PikaClient(server)
            try pika.declareQueue(
                queue, exchange: exchange, routingKey: "#", arguments: #"{"x-queue-type": "quorum"}"#)
        }

        @Test func `a broker that is killed while it is published to loses nothing that it confirmed`() throws {
            letQueueBeRegistered()
            let running = RunningPublisher(try server.configuration(), exchange: exchange)
            let publisher = running.publisher
            let confirmed = Observed(0)
            let failed = Observed<AMQPPublishError?>(nil)
            let thread = try #require(
                Thread.start {
                    for round in 0..<10_000 {
                        let first = round * 64
                        do throws(AMQPPublishError) {
                            try publisher.publish(
                                window(first...first + 63, bytes: 200), by: .after(milliseconds: 5000))
                            confirmed.change { $0 = first + 64 }
                        } catch {
                            failed.change { $0 = error }
                            return
                        }
                    }
                })
            #expect(confirmed.wait { $0 > 640 })
            server.kill9()
            thread.join()
            try server.start()
            // The window that was cut off is repeated, as a caller does that must lose nothing.
            let first = confirmed.value
            #expect(running.publish(window(first...first + 63, bytes: 200), withinMilliseconds: 30_000) == nil)
            let numbers = try pika.drain(queue).compactMap { Int($0.body.prefix { $0.isNumber }) }
            #expect(Set(numbers) == Set(0..<first + 64))
            // A repetition is no more than a window.
            #expect(numbers.count <= first + 128)
            #expect(failed.value != nil)
        }

        @Test func `a broker that is away takes nothing, and goes on when it is back`() throws {
            let running = RunningPublisher(try server.configuration(), exchange: exchange)
            #expect(running.publish(window(1...1)) == nil)
            server.stop()
            #expect(running.publishInTime(window(2...2), withinMilliseconds: 1000)?.isNothing == true)
            #expect(!running.publisher.status.isConnected)
            let publisher = running.publisher
            let outcome = Observed<Bool?>(nil)
            let thread = try #require(
                Thread.start {
                    do throws(AMQPPublishError) {
                        try publisher.publish(window(3...3), by: .after(milliseconds: 60_000))
                        outcome.change { $0 = true }
                    } catch { outcome.change { $0 = false } }
                })
            try server.start()
            thread.join()
            #expect(outcome.value == true)
            #expect(try pika.drain(queue).map(\.message_id) == ["id-1", "id-3"])
        }

        @Test func `a broker short of memory ends each publication by its deadline, and is used again afterwards`()
            throws
        {
            var configuration = try server.configuration()
            // Being blocked is no reason to give the connection up, however long it lasts.
            configuration.unconfirmedSecondsMax = 2
            let running = RunningPublisher(configuration, exchange: exchange)
            #expect(running.publish(window(1...1)) == nil)
            try server.control("set_vm_memory_high_watermark", "0")
            var isLifted = false
            defer { if !isLifted { try? server.control("set_vm_memory_high_watermark", "0.4") } }
            // Windows as large as they get, several times: the broker reads none of it.
            for _ in 1...4 {
                #expect(running.publishInTime(window(2...65, bytes: 1024), withinMilliseconds: 1500) != nil)
            }
            #expect(running.publisher.status.isConnected)
            #expect(running.publisher.status.blockedReason?.contains("memory") == true)
            #expect(running.events.all.filter { $0 == .connected }.count == 1)
            try server.control("set_vm_memory_high_watermark", "0.4")
            isLifted = true
            #expect(running.publish(window(66...70)) == nil)
            #expect(running.publisher.status.blockedReason == nil)
            let numbers = try pika.drain(queue).compactMap { Int($0.body.prefix { $0.isNumber }) }
            // Of the windows that were given up, at most the one that was sent before the broker said that it is blocked.
            #expect(Set(numbers).isSuperset(of: [1, 66, 67, 68, 69, 70]))
            #expect(numbers.count <= 70)
        }

        @Test func `a blocked broker does not hold up the end`() throws {
            let running = RunningPublisher(try server.configuration(), exchange: exchange)
            #expect(running.publish(window(1...1)) == nil)
            try server.control("set_vm_memory_high_watermark", "0")
            defer { try? server.control("set_vm_memory_high_watermark", "0.4") }
            #expect(running.publish(window(2...65, bytes: 1024), withinMilliseconds: 1000) != nil)
            running.publisher.requestStop()
            #expect(running.publisher.waitForEnd(by: .after(milliseconds: 2000)))
        }

        @Test func `a broker that has fallen silent ends each publication by its deadline`() throws {
            let proxy = try CommitCuttingProxy(to: server.port)
            do {
                let running = RunningPublisher(try server.configuration(port: proxy.port), exchange: exchange)
                #expect(running.publish(window(1...1)) == nil)
                proxy.fallSilent()
                let error = running.publishInTime(window(2...65, bytes: 1024), withinMilliseconds: 700)
                #expect(error == .maybeAccepted(.timedOut))
                // What is under way is waited for first: nothing piles up.
                for _ in 1...3 {
                    let error = running.publishInTime(window(66...129, bytes: 1024), withinMilliseconds: 700)
                    #expect(error == .nothingAccepted(.timedOut))
                }
                proxy.speak()
                #expect(running.publish(window(130...130)) == nil)
                #expect(running.events.all.filter { $0 == .connected }.count == 1)
            }
            proxy.close()
            #expect(try pika.drain(queue).count == 66)
        }

        @Test func `a silent broker is found out by its missing heartbeats, and another connection made`() throws {
            let proxy = try CommitCuttingProxy(to: server.port)
            do {
                var configuration = try server.configuration(port: proxy.port)
                configuration.heartbeatSeconds = 1
                let running = RunningPublisher(configuration, exchange: exchange)
                #expect(running.publish(window(1...1)) == nil)
                proxy.fallSilent()
                #expect(running.events.waitFor { $0 == .connectionLost(.timedOut) })
                proxy.speak()
                #expect(running.publish(window(2...2)) == nil)
            }
            proxy.close()
        }

        @Test func `an idle connection lives by its heartbeats`() throws {
            var configuration = try server.configuration()
            configuration.heartbeatSeconds = 1
            let running = RunningPublisher(configuration, exchange: exchange)
            #expect(running.publish(window(1...1)) == nil)
            Thread.sleep(milliseconds: 5000)
            #expect(running.publish(window(2...2)) == nil)
            #expect(running.events.all == [.connected])
        }

        @Test func `a window that stays unconfirmed costs the connection in the end`() throws {
            let proxy = try CommitCuttingProxy(to: server.port)
            do {
                var configuration = try server.configuration(port: proxy.port)
                configuration.unconfirmedSecondsMax = 1
                let running = RunningPublisher(configuration, exchange: exchange)
                #expect(running.publish(window(1...1)) == nil)
                proxy.fallSilent()
                #expect(running.publish(window(2...2), withinMilliseconds: 300) != nil)
                #expect(running.events.waitFor { $0 == .connectionLost(.timedOut) })
                proxy.speak()
                #expect(running.publish(window(3...3)) == nil)
            }
            proxy.close()
        }

        @Test func `a stopped process takes connections and says nothing, and is waited for until the deadline`() throws
        {
            let running = RunningPublisher(try server.configuration(), exchange: exchange)
            try server.pause()
            #expect(running.publishInTime(window(1...1), withinMilliseconds: 700)?.isNothing == true)
            try server.resume()
            #expect(running.publish(window(1...1)) == nil)
        }
    }
}
