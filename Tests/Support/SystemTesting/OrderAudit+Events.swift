import Concurrency
import MySQL

extension OrderAudit {
    /// The events are written with the orders, and get their numbers some milliseconds later: a system at rest has none left. 15 s
    /// are many times what the slowest machine needs for that.
    static let numberingMilliseconds = 15_000

    /// Waits until all events have their numbers; whether they have is for the audit to say.
    static func waitForNumbers(_ database: Database) throws(DatabaseError) {
        let end = Deadline.after(milliseconds: numberingMilliseconds)
        while !end.hasPassed {
            let waiting = try database.read(by: .after(milliseconds: numberingMilliseconds)) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try session.queryFirst("SELECT id FROM event_outbox LIMIT 1") { (row) throws(DatabaseError) in
                    try row.int64(0)
                }
            }
            if waiting == nil { return }
            Thread.sleep(milliseconds: 10)
        }
    }

    /// What is wrong with the events: each version of an order is one, the last tells its state, and each has one number, in the
    /// order's turn and without gaps.
    static func eventViolations<Query: SQLQuerying & ~Copyable>(
        in session: borrowing Query
    ) throws(Query.Failure) -> [Violation] {
        let checks: [(sentence: String, finding: SQL)] = [
            (
                "does not have each of its versions as an event",
                """
                SELECT orders.id FROM orders LEFT JOIN (
                    SELECT order_id, COUNT(*) AS count, MIN(version) AS first, MAX(version) AS last
                    FROM order_events GROUP BY order_id
                ) AS told ON told.order_id = orders.id
                WHERE NOT (count <=> version AND first <=> 1 AND last <=> version)
                """
            ),
            (
                "is in another state than its last event tells",
                """
                SELECT orders.id FROM orders
                JOIN order_events ON order_events.order_id = orders.id AND order_events.version = orders.version
                WHERE type <> CONCAT('order.', LOWER(status))
                """
            ),
            (
                "has an event without a row, or without a number",
                """
                SELECT order_events.order_id FROM order_events LEFT JOIN orders ON orders.id = order_events.order_id
                LEFT JOIN event_log ON event_log.order_id = order_events.order_id
                    AND event_log.version = order_events.version
                WHERE orders.id IS NULL OR seq IS NULL
                """
            ),
            (
                "has a number without its event",
                """
                SELECT event_log.order_id FROM event_log LEFT JOIN order_events
                    ON order_events.order_id = event_log.order_id AND order_events.version = event_log.version
                WHERE event_id IS NULL OR order_events.type <> event_log.type
                """
            ),
            (
                "has an event numbered before the one that came first",
                """
                SELECT earlier.order_id FROM event_log AS earlier JOIN event_log AS later
                    ON later.order_id = earlier.order_id AND later.version = earlier.version + 1
                WHERE later.seq < earlier.seq
                """
            ),
            ("has an event in the outbox still", "SELECT order_id FROM event_outbox"),
        ]
        var violations = try violations(.events, checks, in: session)
        let isGapless = try session.queryFirst(
            """
            SELECT COUNT(*) = (SELECT seq FROM event_sequence) AND COALESCE(MAX(event_log.seq), 0) = COUNT(*)
            FROM event_log
            """
        ) { (row) throws(DatabaseError) in try row.bool(0) }
        if isGapless != true {
            violations.append(Violation(rule: .events, description: "The numbers of the log have a gap."))
        }
        return violations
    }

    /// The orders that each statement finds, 20 of them at most, each with the sentence on what is wrong with it.
    static func violations<Query: SQLQuerying & ~Copyable>(
        _ rule: Rule, _ checks: [(sentence: String, finding: SQL)], in session: borrowing Query
    ) throws(Query.Failure) -> [Violation] {
        var violations: [Violation] = []
        for check in checks {
            let ids = try session.query(check.finding + " LIMIT 20") { (row) throws(DatabaseError) in try row.int64(0) }
            violations += ids.map { Violation(rule: rule, description: "Order \($0) \(check.sentence).") }
        }
        return violations
    }
}
