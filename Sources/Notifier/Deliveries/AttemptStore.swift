import DatabaseWebService
import MySQL
import Telemetry

/// A delivery that is to be sent now, with what is sent.
struct DueDelivery: Sendable {
    let id: Int64
    let eventID: String
    /// Nil where it is not kept any more.
    let body: [UInt8]?
    let attemptCount: Int
    /// How many attempts of the present round of retries were made.
    let tryCount: Int
    /// The database's time when it was read.
    var now: Timestamp
}

/// All SQL of an attempt and its outcome.
struct AttemptStore {
    /// 8 KiB: an order of some thirty lines. A hundred endpoints have 800 lanes claimed at most, and so some MiB of events.
    private static let bodyBytesMax = 8192

    /// The next delivery of a lane; nil where nothing is left.
    func next<Query: SQLQuerying & ~Copyable>(
        in lane: Lane, _ session: borrowing Query
    ) throws(Query.Failure) -> DueDelivery? {
        try session.queryFirst(
            """
            SELECT delivery.id, delivery.event_id, COALESCE(delivery.body, inbox.body) AS body,
                delivery.attempt_count, delivery.try_count, \(SQL.now)
            FROM deliveries AS delivery FORCE INDEX (uq_deliveries_lane)
            LEFT JOIN inbox ON inbox.seq = delivery.seq
            WHERE delivery.endpoint_id = \(lane.endpointID) AND delivery.order_id = \(lane.orderID)
                AND delivery.replay = \(lane.replay) AND delivery.state = \(Delivery.State.pending.rawValue)
            ORDER BY delivery.seq LIMIT 1
            """, DueDelivery.init)
    }

    /// The next delivery of each of the lanes, some at least, where there is one and what is sent is small.
    func next<Query: SQLQuerying & ~Copyable>(
        in lanes: [Lane], _ session: borrowing Query
    ) throws(Query.Failure) -> [Lane: DueDelivery] {
        let rows = try session.query(
            """
            SELECT lanes.endpoint_id, lanes.order_id, lanes.replay, delivery.id, delivery.event_id,
                COALESCE(delivery.body, inbox.body) AS body, delivery.attempt_count, delivery.try_count, \(SQL.now)
            FROM lanes FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN deliveries AS delivery FORCE INDEX (PRIMARY) ON delivery.id = (SELECT pending.id
                FROM deliveries AS pending FORCE INDEX (uq_deliveries_lane)
                WHERE pending.endpoint_id = lanes.endpoint_id AND pending.order_id = lanes.order_id
                    AND pending.replay = lanes.replay AND pending.state = \(Delivery.State.pending.rawValue)
                ORDER BY pending.seq LIMIT 1)
            LEFT JOIN inbox ON inbox.seq = delivery.seq
            WHERE \(LaneStore.keys(lanes))
                AND LENGTH(COALESCE(delivery.body, inbox.body)) <= \(AttemptStore.bodyBytesMax)
            """
        ) { (row) throws(DatabaseError) in (try LaneStore.lane(row), try DueDelivery(row)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Whether something of the lane is left to deliver.
    func hasNext<Query: SQLQuerying & ~Copyable>(
        in lane: Lane, _ session: borrowing Query
    ) throws(Query.Failure) -> Bool {
        try !session.query(
            """
            SELECT id FROM deliveries FORCE INDEX (uq_deliveries_lane)
            WHERE \(LaneStore.key(lane)) AND state = \(Delivery.State.pending.rawValue) LIMIT 1
            """
        ).isEmpty
    }

    /// Writes an attempt, and what the delivery is after it.
    ///
    /// - Parameter isTry: whether it counts against those that the delivery has.
    /// - Returns: whether the delivery was still to be made: somebody may have discarded it meanwhile, which it then stays.
    func record(
        _ attempt: Attempt, of delivery: DueDelivery, as state: Delivery.State, isTry: Bool,
        in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> Bool {
        try transaction.execute(
            """
            INSERT INTO attempts (delivery_id, number, at, status, outcome, duration_ms, reply)
            VALUES (\(delivery.id), \(attempt.number), \(attempt.at.databaseText), \(attempt.status),
                \(attempt.outcome.rawValue), \(attempt.durationMilliseconds), \(attempt.reply))
            """)
        let isPending =
            try transaction.execute(
                """
                UPDATE deliveries SET state = \(state.rawValue), attempt_count = \(attempt.number),
                    try_count = \(delivery.tryCount + (isTry ? 1 : 0)), last_outcome = \(attempt.outcome.rawValue),
                    finished_at = IF(\(state == .pending), NULL, UTC_TIMESTAMP(6))
                WHERE id = \(delivery.id) AND state = \(Delivery.State.pending.rawValue)
                """
            ).affectedRows > 0
        if !isPending {
            try transaction.execute(
                """
                UPDATE deliveries SET attempt_count = \(attempt.number), last_outcome = \(attempt.outcome.rawValue)
                WHERE id = \(delivery.id)
                """)
        }
        return isPending
    }

    /// Writes attempts that delivered, each of another delivery, and some at least.
    ///
    /// - Returns: whether all of the deliveries were still to be made; the transaction must not commit otherwise.
    func recordDelivered<Failure: DatabaseFailure>(
        _ successes: [DeliverySuccess], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Bool {
        for part in successes.partsOfPowersOfTwo() {
            var sql: SQL = "INSERT INTO attempts (delivery_id, number, at, status, outcome, duration_ms, reply) VALUES"
            for (index, success) in part.enumerated() {
                let attempt = success.attempt
                if index > 0 { sql.append(",") }
                sql.append(
                    """
                     (\(success.delivery.id), \(attempt.number), \(attempt.at.databaseText), \(attempt.status),
                    \(attempt.outcome.rawValue), \(attempt.durationMilliseconds), \(attempt.reply))
                    """)
            }
            try transaction.execute(sql)
        }
        let count = try transaction.execute(
            """
            UPDATE deliveries FORCE INDEX (PRIMARY) SET state = \(Delivery.State.delivered.rawValue),
                attempt_count = attempt_count + 1, try_count = try_count + 1,
                last_outcome = \(AttemptOutcome.delivered.rawValue), finished_at = UTC_TIMESTAMP(6)
            WHERE id IN \(list: successes.map(\.delivery.id)) AND state = \(Delivery.State.pending.rawValue)
            """
        ).affectedRows
        return count == successes.count
    }

    /// The last `limit` attempts of a delivery, the newest first.
    func list<Query: SQLQuerying & ~Copyable>(
        deliveryID: Int64, limit: Int, in session: borrowing Query
    ) throws(Query.Failure) -> [Attempt] {
        try session.query(
            """
            SELECT number, at, status, outcome, duration_ms, reply FROM attempts
            WHERE delivery_id = \(deliveryID) ORDER BY number DESC LIMIT \(limit)
            """
        ) { (row) throws(DatabaseError) in
            guard let outcome = AttemptOutcome(rawValue: try row.string("outcome")) else {
                throw .decoding("a row of attempts holds a value that the service never writes")
            }
            return Attempt(
                number: try row.int("number"), at: try row.timestamp("at"), status: try row.optionalInt("status"),
                outcome: outcome, durationMilliseconds: try row.int("duration_ms"), reply: try row.bytes("reply"))
        }
    }
}

extension DueDelivery {
    fileprivate init(_ row: Row) throws(DatabaseError) {
        self.init(
            id: try row.int64("id"), eventID: try row.string("event_id"), body: try row.optionalBytes("body"),
            attemptCount: try row.int("attempt_count"), tryCount: try row.int("try_count"),
            now: try row.timestamp("now"))
    }
}
