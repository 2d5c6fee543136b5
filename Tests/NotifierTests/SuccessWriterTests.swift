import BlockingTesting
import Concurrency
import ConcurrencyTesting
import MySQL
import ServiceTesting
import Testing

@testable import Notifier

/// Deliveries that are written together.
@Suite(.blocking) struct SuccessWriterTests {
    /// Delivers, and calls back in the middle of it.
    private struct Channel: DeliveryChannel {
        let sent = Lock<[String]>([])
        var meanwhile: @Sendable (OutgoingEvent) -> Void = { _ in }

        func send(_ event: OutgoingEvent, to target: DeliveryTarget) -> SendResult {
            sent.withLock { $0.append(event.id) }
            meanwhile(event)
            return SendResult(outcome: .delivered, status: 204)
        }
    }

    /// Claims everything and begins it, with the threads of the test in place of the service's.
    private func begun(_ count: Int, _ harness: ServiceHarness) throws -> [(lane: LeasedLane, target: DeliveryTarget)] {
        harness.app.dispatcher.run()
        return try (0..<count).map { _ in try #require(harness.app.gates.begin(by: .after(milliseconds: 1000))) }
    }

    private func deliver(_ begun: [(lane: LeasedLane, target: DeliveryTarget)], _ harness: ServiceHarness) throws {
        _ = try inParallel(begun.count) { harness.app.sender.deliver(begun[$0].lane, to: begun[$0].target) }
    }

    @Test func `what ends together is written once each, with its attempt`() throws {
        let harness = try ServiceHarness(channel: Channel())
        for name in ["a", "b", "c"] { try harness.endpoint("https://\(name).example") }
        try harness.take(try (1...4).map { try event($0, order: $0) })
        try deliver(try begun(12, harness), harness)
        #expect(try harness.states() == Array(repeating: "DELIVERED", count: 12))
        let once = try harness.count(
            """
            SELECT COUNT(*) FROM deliveries JOIN attempts ON delivery_id = id
            WHERE number = 1 AND outcome = 'delivered' AND status = 204 AND attempt_count = 1 AND try_count = 1
                AND last_outcome = 'delivered' AND finished_at IS NOT NULL
            """)
        #expect(once == 12)
        #expect(try harness.count("SELECT COUNT(*) FROM lanes") == 0)
    }

    @Test func `a delivery that is discarded meanwhile stays discarded, and the others are delivered`() throws {
        let isReady = Lock(0)
        let database = Lock<Database?>(nil)
        let channel = Channel { event in
            // All of them end together.
            isReady.withLock { $0 += 1 }
            isReady.broadcast()
            _ = isReady.wait(untilUptimeNanoseconds: Deadline.after(milliseconds: 10_000).uptimeNanoseconds) {
                $0 == 4 ? true : nil
            }
            guard event.id == eventID(2) else { return }
            _ = try? database.withLock { $0 }?.change("UPDATE deliveries SET state = 'DISCARDED' WHERE seq = 2")
        }
        let harness = try ServiceHarness(channel: channel)
        database.withLock { $0 = harness.database }
        try harness.endpoint("https://a.example")
        try harness.take(try (1...4).map { try event($0, order: $0) })
        try deliver(try begun(4, harness), harness)
        #expect(try harness.states() == ["DELIVERED", "DISCARDED", "DELIVERED", "DELIVERED"])
        #expect(try harness.count("SELECT COUNT(*) FROM attempts") == 4)
        #expect(try harness.count("SELECT SUM(attempt_count) FROM deliveries") == 4)
        #expect(try harness.count("SELECT COUNT(*) FROM lanes") == 0)
    }

    @Test func `a lane that somebody has locked holds up no other`() throws {
        let harness = try ServiceHarness(channel: Channel())
        try harness.endpoint("https://a.example")
        try harness.take(try (1...4).map { try event($0, order: $0) })
        let begun = try begun(4, harness)
        let delivering = Lock<Thread?>(nil)
        try harness.database.transaction(by: .after(milliseconds: 20_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            _ = try transaction.query("SELECT fence FROM lanes WHERE order_id = 2 FOR UPDATE")
            delivering.withLock { $0 = Thread.start { try? deliver(begun, harness) } }
            let others = try? eventually { try harness.count("SELECT COUNT(*) FROM lanes") == 1 }
            #expect(others == true)
        }
        delivering.withLock { $0 }?.join()
        #expect(try harness.states() == Array(repeating: "DELIVERED", count: 4))
        #expect(try harness.count("SELECT COUNT(*) FROM lanes") == 0)
    }

    @Test func `one that lost its lane is not written with the others`() throws {
        let harness = try ServiceHarness(channel: Channel())
        try harness.endpoint("https://a.example")
        try harness.take(try (1...3).map { try event($0, order: $0) })
        let begun = try begun(3, harness)
        try harness.database.change("UPDATE lanes SET fence = fence + 1 WHERE order_id = 2")
        try deliver(begun, harness)
        #expect(try harness.states() == ["DELIVERED", "PENDING", "DELIVERED"])
        #expect(try harness.count("SELECT COUNT(*) FROM attempts") == 2)
    }

    @Test func `an order's next delivery goes on at once, and its lane stays until then`() throws {
        let channel = Channel()
        let harness = try ServiceHarness(channel: channel)
        try harness.endpoint("https://a.example")
        try harness.take([try event(1, order: 1), try event(2, order: 2), try event(3, order: 1)])
        try deliver(try begun(2, harness), harness)
        #expect(try harness.states() == ["DELIVERED", "DELIVERED", "PENDING"])
        #expect(try harness.count("SELECT COUNT(*) FROM lanes WHERE fence = 0 AND order_id = 1") == 1)
        try deliver(try begun(1, harness), harness)
        #expect(channel.sent.withLock { $0 }.last == eventID(3))
        #expect(try harness.count("SELECT COUNT(*) FROM lanes") == 0)
    }

    @Test func `what was read at the claim is sent for a second, and read again after that`() throws {
        let channel = Channel()
        let harness = try ServiceHarness(channel: channel)
        try harness.endpoint("https://a.example")
        try harness.take([try event(1, order: 1)])
        let begun = try begun(1, harness)
        #expect(begun[0].lane.next?.eventID == eventID(1))
        try harness.database.change("UPDATE deliveries SET state = 'DISCARDED'")
        Thread.sleep(milliseconds: 1100)
        try deliver(begun, harness)
        #expect(channel.sent.withLock { $0 }.isEmpty)
        #expect(try harness.count("SELECT COUNT(*) FROM lanes") == 0)
    }

    @Test func `a large event is read when it is sent`() throws {
        let channel = Channel()
        let harness = try ServiceHarness(channel: channel)
        try harness.endpoint("https://a.example")
        try harness.take([try event(1, order: 1)])
        try harness.database.change("UPDATE inbox SET body = REPEAT('x', 10000)")
        let begun = try begun(1, harness)
        #expect(begun[0].lane.next == nil)
        try deliver(begun, harness)
        #expect(channel.sent.withLock { $0 } == [eventID(1)])
        #expect(try harness.states() == ["DELIVERED"])
    }
}
