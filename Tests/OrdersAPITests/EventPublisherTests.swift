import BlockingTesting
import Components
import Concurrency
import struct Foundation.UUID
import JSON
import MySQL
@testable import OrdersAPI
import RabbitTesting
import ServiceTesting
import Testing

/// Events reach a broker in the order of the log, each at least once.
@Suite(.blocking, .serialized) struct EventPublisherTests {
    /// Stopped by these tests, so no other's.
    private static let server = Result<RabbitServer, any Error> { try RabbitServer() }

    private let customers: RunningCustomers
    private let harness: ServiceHarness
    private let chair: Int64
    private let server: RabbitServer
    private let pika: PikaClient
    private let queue = "queue-\(UUID().uuidString)"

    init() throws {
        server = try EventPublisherTests.server.get()
        pika = PikaClient(server)
        customers = try RunningCustomers()
        harness = try ServiceHarness(customers: customers.url, ["AMQP_URL": server.url()])
        chair = try harness.product("chair", stock: 100_000)
        try pika.declareQueue(
            queue, exchange: EventPublisher.exchange, routingKey: "order.#", arguments: #"{"x-queue-type": "quorum"}"#)
    }

    private func makeOrders(_ count: Int) throws {
        for _ in 0..<count {
            let reply = harness.order(customers.ana, [(chair, 1)])
            try #require(reply.status == 201, "\(reply)")
        }
        try harness.app.sequencer.run(by: .after(milliseconds: 20_000))
    }

    /// Runs the publisher of an instance while `body` runs.
    private func publishing<Value>(_ app: OrdersApp? = nil, _ body: () throws -> Value) throws -> Value {
        let publisher = try #require((app ?? harness.app).eventPublisher)
        let worker = publisher.makeWorker()
        try publisher.start(ComponentControl())
        #expect(worker.start())
        defer {
            worker.requestStop()
            _ = publisher.stop(by: .after(milliseconds: 10_000))
            _ = worker.waitForEnd(by: .after(milliseconds: 20_000))
        }
        return try body()
    }

    private func waitUntilPublished(_ seq: Int64) {
        #expect(
            eventually(within: 60_000) {
                (try? harness.database.number("SELECT seq FROM event_consumers WHERE name = 'amqp'")) == seq
            })
    }

    @Test func `each event is a message, byte for byte as the log has it`() throws {
        try makeOrders(70)
        try publishing { waitUntilPublished(70) }
        let messages = try pika.drain(queue)
        let page = harness.client.get("/admin/events/find-all?limit=100")
        let events = (page.data.array ?? []).compactMap { $0["event"] }
        #expect(messages.map(\.body) == events.map { String(decoding: JSONWriter.bytes(of: $0), as: UTF8.self) })
        #expect(messages.map(\.message_id) == events.map { $0["id"]?.string })
        #expect(messages.allSatisfy { $0.routing_key == "order.created" && $0.type == "order.created" })
        #expect(messages.allSatisfy { $0.content_type == "application/cloudevents+json" && $0.delivery_mode == 2 })
    }

    @Test func `a broker that is away costs no event, and none comes out of turn`() throws {
        try makeOrders(3)
        try publishing {
            waitUntilPublished(3)
            // The broker writes its list of queues some time after it has told of one.
            Thread.sleep(milliseconds: 2000)
            server.kill9()
            try makeOrders(100)
            try server.start()
            waitUntilPublished(103)
        }
        var ids: [String] = []
        for message in try pika.drain(queue) {
            let id = try #require(message.message_id)
            if !ids.contains(id) { ids.append(id) }
        }
        #expect(ids.count == 103)
        let keys = try ids.map { id in
            try harness.database.number(
                """
                SELECT seq FROM event_log JOIN order_events USING (order_id, version)
                WHERE event_id = \(try #require(EventID(id)))
                """)
        }
        #expect(keys == (1...103).map { Int64($0) })
    }

    @Test func `what was published before its place was written is published again`() throws {
        try makeOrders(2)
        try publishing { waitUntilPublished(2) }
        // As a process leaves it that dies between the confirm and its commit.
        try harness.database.change("UPDATE event_consumers SET seq = 1, lease_until = UTC_TIMESTAMP(6)")
        let other = try harness.anotherInstance()
        defer { other.close() }
        try publishing(other) { waitUntilPublished(2) }
        let ids = try pika.drain(queue).map(\.message_id)
        try #require(ids.count == 3)
        #expect(ids[1] == ids[2])
    }

    @Test func `one instance publishes at a time, and one whose lease is gone moves nothing`() throws {
        let (first, second) = (EventLease(name: "test"), EventLease(name: "test"))
        func transaction<Value>(
            _ body: (borrowing Transaction<DatabaseError>) throws(DatabaseError) -> Value
        ) throws -> Value { try harness.database.transaction(by: .after(milliseconds: 20_000), body) }
        #expect(try transaction { (it) throws(DatabaseError) in try first.claim(in: it) } == 0)
        #expect(try transaction { (it) throws(DatabaseError) in try second.claim(in: it) } == nil)
        #expect(try transaction { (it) throws(DatabaseError) in try first.advance(to: 5, in: it) })
        #expect(try transaction { (it) throws(DatabaseError) in try first.claim(in: it) } == 5)
        try harness.database.change("UPDATE event_consumers SET lease_until = UTC_TIMESTAMP(6) WHERE name = 'test'")
        #expect(try transaction { (it) throws(DatabaseError) in try second.claim(in: it) } == 5)
        #expect(try !transaction { (it) throws(DatabaseError) in try first.advance(to: 9, in: it) })
        #expect(try transaction { (it) throws(DatabaseError) in try second.claim(in: it) } == 5)
        try transaction { (it) throws(DatabaseError) in try second.release(in: it) }
        #expect(try transaction { (it) throws(DatabaseError) in try first.claim(in: it) } == 5)
    }

    @Test func `a queue that refuses has the events after it wait, and costs none when it has room again`() throws {
        let full = "full-\(UUID().uuidString)"
        try pika.declareQueue(
            full, exchange: EventPublisher.exchange, routingKey: "order.#",
            arguments: #"{"x-max-length": 2, "x-overflow": "reject-publish"}"#)
        defer { _ = try? pika.run(#"channel.queue_delete("\#(full)")"#) }
        try makeOrders(70)
        try publishing {
            let count = #"print(channel.queue_declare("\#(queue)", passive=True).method.message_count)"#
            #expect(eventually(within: 60_000) { (Int((try? pika.run(count))?.dropLast() ?? "") ?? 0) > 64 })
            #expect(try harness.database.number("SELECT seq FROM event_consumers WHERE name = 'amqp'") == 0)
            _ = try pika.run(#"channel.queue_delete("\#(full)")"#)
            waitUntilPublished(70)
        }
        let ids = try pika.drain(queue).map(\.message_id)
        #expect(ids.count > 70 && Set(ids).count == 70)
        #expect(Array(ids.prefix(64)) == Array(ids.dropFirst(64).prefix(64)), "the same window, in the same order")
    }

    @Test func `an event that fits in no message keeps no other from being published`() throws {
        try makeOrders(3)
        try harness.database.change(
            "UPDATE order_events SET body = REPEAT('x', 70000) WHERE order_id = (SELECT order_id FROM event_log WHERE seq = 2)"
        )
        try publishing { waitUntilPublished(3) }
        #expect(try pika.drain(queue).count == 2)
        let metrics = String(decoding: harness.client.get("/metrics").body, as: UTF8.self)
        #expect(metrics.contains("events_unpublishable_total 1"))
    }
}
