import DatabaseWebService
import MySQL
import Telemetry

/// All SQL on endpoints, their secrets apart.
struct EndpointStore {
    static let columns: StaticString =
        """
        id, channel, target, language, types, description, status, disabled_reason, failing_since, previous_secret_until, \
        created_at, updated_at, version
        """

    /// Inserts an active endpoint that has no secret yet.
    ///
    /// - Returns: the id.
    func insert<Failure: DatabaseFailure>(
        _ new: NewEndpoint, target: EndpointTarget, at now: Timestamp, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Int64 {
        try transaction.execute(
            """
            INSERT INTO endpoints (channel, target, language, types, description, status, created_at, updated_at)
            VALUES (\(target.channel.rawValue), \(target.text), \(target.language?.rawValue),
                \(EndpointStore.text(new.types)), \(new.description), \(Endpoint.Status.active.rawValue),
                \(now.databaseText), \(now.databaseText))
            """
        ).lastInsertID
    }

    /// Writes what an endpoint has been changed to, whose row the transaction holds.
    func update<Failure: DatabaseFailure>(
        _ endpoint: Endpoint, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        try transaction.execute(
            """
            UPDATE endpoints SET target = \(endpoint.target.text), language = \(endpoint.target.language?.rawValue),
                types = \(EndpointStore.text(endpoint.types)), description = \(endpoint.description), status = \(endpoint.status.rawValue),
                disabled_reason = \(endpoint.disabledReason?.rawValue),
                failing_since = \(endpoint.failingSince?.databaseText),
                updated_at = \(endpoint.updatedAt.databaseText), version = \(endpoint.version)
            WHERE id = \(endpoint.id)
            """)
    }

    func find<Query: SQLQuerying & ~Copyable>(
        id: Int64, in session: borrowing Query
    ) throws(Query.Failure) -> Endpoint? {
        try session.queryFirst(
            "SELECT \(literal: EndpointStore.columns) FROM endpoints WHERE id = \(id)", Endpoint.init)
    }

    /// The endpoint, with its row held until the transaction ends, and the database's time.
    func lock<Failure: DatabaseFailure>(
        id: Int64, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> (endpoint: Endpoint, now: Timestamp)? {
        try transaction.queryFirst(
            "SELECT \(literal: EndpointStore.columns), \(SQL.now) FROM endpoints WHERE id = \(id) FOR UPDATE"
        ) { (row) throws(DatabaseError) in (try Endpoint(row), try row.timestamp("now")) }
    }

    /// How many endpoints count towards `Endpoint.countMax`.
    func countInUse<Query: SQLQuerying & ~Copyable>(in session: borrowing Query) throws(Query.Failure) -> Int {
        try session.queryFirst(
            """
            SELECT COUNT(*) AS count FROM endpoints
            WHERE status IN (\(Endpoint.Status.active.rawValue), \(Endpoint.Status.disabled.rawValue))
            """
        ) { (row) throws(DatabaseError) in try row.int("count") } ?? 0
    }

    /// The active endpoints, by ascending id.
    func active<Query: SQLQuerying & ~Copyable>(in session: borrowing Query) throws(Query.Failure) -> [Endpoint] {
        try session.query(
            """
            SELECT \(literal: EndpointStore.columns) FROM endpoints FORCE INDEX (ix_endpoints_status)
            WHERE status = \(Endpoint.Status.active.rawValue) ORDER BY id LIMIT \(Endpoint.countMax)
            """, Endpoint.init)
    }

    /// Up to `limit` endpoints with an id below `beforeID`, by descending id.
    func list<Query: SQLQuerying & ~Copyable>(
        _ filter: EndpointFilter, beforeID: Int64?, limit: Int, in session: borrowing Query
    ) throws(Query.Failure) -> [Endpoint] {
        var sql: SQL = "SELECT \(literal: EndpointStore.columns) FROM endpoints"
        if filter.status != nil { sql.append(" FORCE INDEX (ix_endpoints_status)") }
        sql.append(" WHERE id < \(beforeID ?? Int64.max)")
        if let status = filter.status { sql.append(" AND status = \(status.rawValue)") }
        sql.append(" ORDER BY id DESC LIMIT \(limit)")
        return try session.query(sql, Endpoint.init)
    }

    /// Notes that a delivery failed, where the ones before it did not.
    func beginFailing<Failure: DatabaseFailure>(
        id: Int64, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        try transaction.execute(
            "UPDATE endpoints SET failing_since = UTC_TIMESTAMP(6) WHERE id = \(id) AND failing_since IS NULL")
    }

    /// Notes that a delivery succeeded, where the ones before it failed.
    func endFailing<Failure: DatabaseFailure>(
        id: Int64, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        try transaction.execute("UPDATE endpoints SET failing_since = NULL WHERE id = \(id)")
    }

    /// Disables an endpoint that has failed for `days`.
    ///
    /// - Returns: whether it was this call that did.
    func disable<Failure: DatabaseFailure>(
        id: Int64, failingForDays days: Int, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Bool {
        try transaction.execute(
            """
            UPDATE endpoints SET status = \(Endpoint.Status.disabled.rawValue),
                disabled_reason = \(Endpoint.DisabledReason.failing.rawValue)
            WHERE id = \(id) AND status = \(Endpoint.Status.active.rawValue)
                AND failing_since < UTC_TIMESTAMP(6) - INTERVAL \(days) DAY
            """
        ).affectedRows > 0
    }

    /// Disables an endpoint that says it is gone.
    ///
    /// - Returns: whether it was this call that did.
    func disableGone<Failure: DatabaseFailure>(
        id: Int64, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Bool {
        try transaction.execute(
            """
            UPDATE endpoints SET status = \(Endpoint.Status.disabled.rawValue),
                disabled_reason = \(Endpoint.DisabledReason.gone.rawValue)
            WHERE id = \(id) AND status = \(Endpoint.Status.active.rawValue)
            """
        ).affectedRows > 0
    }

    private static func text(_ types: [EventType]?) -> String? {
        types?.map(\.rawValue).joined(separator: ",")
    }
}

extension Endpoint {
    /// An endpoint from its row, of the columns in `EndpointStore.columns`.
    init(_ row: Row) throws(DatabaseError) {
        let reason = try row.optionalString("disabled_reason")
        let typeNames = try row.optionalString("types").map { $0.split(separator: ",").map(String.init) }
        let types = typeNames?.compactMap(EventType.init)
        let language = try row.optionalString("language")
        guard let channel = Channel(rawValue: try row.string("channel")),
            let target = EndpointTarget(
                channel, text: try row.string("target"), language: language.flatMap(MessageLanguage.init)),
            let status = Status(rawValue: try row.string("status")), types?.count == typeNames?.count
        else { throw .decoding("a row of endpoints holds a value that the service never writes") }
        self.init(
            id: try row.int64("id"), target: target, types: types, description: try row.optionalString("description"),
            status: status,
            disabledReason: reason.flatMap(DisabledReason.init),
            failingSince: try row.optionalTimestamp("failing_since"),
            previousSecretUntil: try row.optionalTimestamp("previous_secret_until"),
            createdAt: try row.timestamp("created_at"), updatedAt: try row.timestamp("updated_at"),
            version: try row.int64("version"))
    }
}
