import BlockingTesting
import Concurrency
import MySQL
import ServiceTesting
import Testing

@testable import Notifier

@Suite(.blocking) struct RetentionTests {
    @Test func `deliveries and events go when their time is over, dead ones later, and no event that is needed`() throws
    {
        let harness = try ServiceHarness(channel: CountingChannel())
        try harness.endpoint("https://a.example")
        try harness.take(try (1...6).map { try event($0, order: $0) })
        try harness.database.change("UPDATE deliveries SET state = 'DELIVERED' WHERE seq IN (1, 6)")
        try harness.database.change("UPDATE deliveries SET state = 'DISCARDED' WHERE seq = 2")
        try harness.database.change("UPDATE deliveries SET state = 'DEAD' WHERE seq IN (3, 4)")
        try harness.database.change(
            """
            INSERT INTO attempts (delivery_id, number, at, outcome, duration_ms, reply)
            SELECT id, 1, UTC_TIMESTAMP(6), 'refused', 1, '' FROM deliveries
            """)
        for name in ["inbox", "deliveries"] {
            let table = try #require(SQLIdentifier(name))
            try harness.database.change(
                "UPDATE \(table) SET created_at = created_at - INTERVAL 31 DAY WHERE seq <= 5")
            try harness.database.change(
                "UPDATE \(table) SET created_at = created_at - INTERVAL 60 DAY WHERE seq = 3")
        }
        try harness.app.retention.run(by: .after(milliseconds: 20_000))
        let kept = try harness.database.read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.query("SELECT seq, state FROM deliveries ORDER BY seq") { (row) throws(DatabaseError) in
                "\(try row.int64(0)) \(try row.string(1))"
            }
        }
        // The fifth has waited for 31 days.
        #expect(kept == ["4 DEAD", "5 DEAD", "6 DELIVERED"])
        #expect(try harness.count("SELECT COUNT(*) FROM deliveries WHERE last_outcome = 'expired'") == 1)
        #expect(try harness.count("SELECT COUNT(*) FROM attempts") == 3)
        #expect(try harness.count("SELECT SUM(seq) FROM inbox") == 4 + 5 + 6)
        harness.start()
        try harness.waitUntilDelivered()
    }

    @Test func `more than a step is removed in steps`() throws {
        let harness = try ServiceHarness()
        try harness.endpoint("https://a.example")
        try harness.database.change(
            """
            INSERT INTO deliveries (endpoint_id, order_id, seq, replay, event_id, event_type, state, created_at)
            SELECT 1, number + 1, number + 1, 0, \(eventID(1)), 'order.created', 'DELIVERED',
                UTC_TIMESTAMP(6) - INTERVAL IF(number < 1200, 40, 20) DAY
            FROM \(SQL.numbers(below: 1300)) ORDER BY number
            """)
        try harness.database.change(
            """
            INSERT INTO inbox (seq, order_id, event_id, event_type, body, created_at)
            SELECT seq, order_id, event_id, event_type, '{}', created_at FROM deliveries
            """)
        try harness.app.retention.run(by: .after(milliseconds: 20_000))
        #expect(try harness.count("SELECT COUNT(*) FROM deliveries") == 100)
        #expect(try harness.count("SELECT COUNT(*) FROM inbox") == 100)
    }
}
