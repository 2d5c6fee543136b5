import BlockingTesting
import Concurrency
import ConcurrencyTesting
import DatabaseWebService
import MySQL
import ServiceTesting
import Telemetry
import Testing

@testable import Notifier

@Suite(.blocking) struct LaneTests {
    private func claim(_ harness: ServiceHarness, limit: Int = 10, from: Timestamp? = nil) throws -> LaneStore.Claim {
        try harness.database.transaction(by: .after(milliseconds: 20_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            try LaneStore().claim([.init(endpointID: 1, limit: limit, start: from)], in: transaction)[0]
        }
    }

    private func holds(_ lane: LeasedLane, _ harness: ServiceHarness) throws -> Bool {
        try harness.database.transaction(by: .after(milliseconds: 20_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            try LaneStore().lock(lane, in: transaction)
        }
    }

    @Test func `two claims do not take the same lane, and a lease that is over can be claimed anew`() throws {
        let harness = try ServiceHarness()
        try harness.endpoint("https://a.example")
        try harness.take(try (1...3).map { try event($0, order: $0) })
        let first = try claim(harness, limit: 2)
        let second = try claim(harness)
        #expect(first.lanes.map(\.lane.orderID) == [1, 2] && second.lanes.map(\.lane.orderID) == [3])
        #expect(try claim(harness).lanes.isEmpty)
        #expect(try holds(first.lanes[0], harness))
        try harness.database.change("UPDATE lanes SET run_at = UTC_TIMESTAMP(6) WHERE order_id = 1")
        let anew = try claim(harness)
        #expect(anew.lanes.map(\.lane.orderID) == [1])
        #expect(try !holds(first.lanes[0], harness), "Whoever was slow has lost it.")
        #expect(try holds(anew.lanes[0], harness))
    }

    @Test func `two claims at once share what is due`() throws {
        let harness = try ServiceHarness()
        try harness.endpoint("https://a.example")
        try harness.take(try (1...40).map { try event($0, order: $0) })
        let claims = try inParallel(4) { _ in try? claim(harness) }
        let orders = claims.flatMap { $0?.lanes.map(\.lane.orderID) ?? [] }
        #expect(orders.count == Set(orders).count)
        #expect(orders.count + (try claim(harness, limit: 40)).lanes.count == 40)
    }

    @Test func `a result of a lane that was taken over writes nothing`() throws {
        let harness = try ServiceHarness(channel: CountingChannel())
        try harness.endpoint("https://a.example")
        try harness.take([try event(1, order: 1)])
        let lane = try #require(try claim(harness).lanes.first)
        try harness.database.change("UPDATE lanes SET run_at = UTC_TIMESTAMP(6)")
        let other = try #require(try claim(harness).lanes.first)
        let target = DeliveryTarget(
            endpointID: 1, target: .webhook(url: "https://a.example"), secrets: [], isFailing: false)
        harness.app.sender.deliver(lane, to: target)
        #expect(try harness.states() == ["PENDING"])
        #expect(try harness.count("SELECT COUNT(*) FROM attempts") == 0)
        harness.app.sender.deliver(other, to: target)
        #expect(try harness.states() == ["DELIVERED"])
        #expect(try harness.count("SELECT COUNT(*) FROM lanes") == 0)
        let metrics = harness.app.base.metrics.prometheusText()
        #expect(metrics.contains(#"deliveries_total{outcome="lost"} 1"#), "\(metrics)")
        #expect(metrics.contains(#"deliveries_total{outcome="delivered"} 1"#))
    }

    @Test func `an event that comes while its lane is being finished is not stranded`() throws {
        let harness = try ServiceHarness(channel: CountingChannel())
        try harness.endpoint("https://a.example")
        harness.start()
        // Each order's lane is opened and closed many times, by turns.
        for seq in 1...120 {
            try harness.take([try event(Int64(seq), order: Int64(seq % 3 + 1))])
        }
        try harness.waitUntilDelivered()
        #expect(try harness.count("SELECT COUNT(*) FROM deliveries WHERE state <> 'DELIVERED'") == 0)
        #expect(try harness.count("SELECT COUNT(*) FROM attempts") == 120)
    }

    @Test func `a claim that finds nothing does not walk over what a snapshot keeps`() throws {
        let harness = try ServiceHarness()
        try harness.endpoint("https://a.example")
        try harness.database.change(
            """
            INSERT INTO lanes (endpoint_id, order_id, replay, run_at, fence)
            SELECT 1, number + 1, 0, UTC_TIMESTAMP(6) - INTERVAL 1 HOUR, 0 FROM \(SQL.numbers(below: 30_000))
            """)
        // A statement that reads for long, such as a backup's: what is deleted meanwhile stays in the index.
        let database = harness.database
        let reader = Thread.start {
            _ = try? database.read(by: .after(milliseconds: 30_000)) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try session.query("SELECT SLEEP(6) FROM lanes LIMIT 1")
            }
        }
        try #require(try eventually { try database.runningStatements() == 1 })
        try database.change("DELETE FROM lanes")
        let fromTheBeginning = try fastestMilliseconds { _ = try claim(harness) }
        let end = try claim(harness).end
        let fromThere = try fastestMilliseconds { _ = try claim(harness, from: end) }
        #expect(try database.runningStatements() == 1)
        reader?.join()
        #expect(fromThere * 5 < fromTheBeginning, "\(fromThere) ms against \(fromTheBeginning) ms")
    }

    private func fastestMilliseconds(_ body: () throws -> Void) rethrows -> Double {
        var fastest = Double.infinity
        for _ in 0..<5 {
            let start = Deadline.nowUptimeNanoseconds()
            try body()
            fastest = min(fastest, Double(Deadline.nowUptimeNanoseconds() - start) / 1_000_000)
        }
        return fastest
    }
}
