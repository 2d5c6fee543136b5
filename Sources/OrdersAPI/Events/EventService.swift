import MySQL
import Telemetry

/// What can be asked of events.
struct EventService: Sendable {
    let database: Database
    let store: OrderEventStore
    let log: EventLogStore

    /// Up to `limit` events behind a position, by ascending number, and whether there are more.
    ///
    /// - Throws: `.rewound` where the log does not know the position.
    func list(
        after position: EventPosition, _ filter: EventFilter, limit: Int, _ call: CallContext
    ) throws(EventError) -> (events: [LoggedEvent], hasNext: Bool) {
        let found = try database.read(.list, for: call) {
            (session: borrowing ReadSession<EventError>) throws(EventError) in
            guard try log.knows(position, in: session) else { throw .rewound }
            return try log.events(after: position.seq, filter, limit: limit + 1, in: session)
        }
        return (Array(found.prefix(limit)), found.count > limit)
    }

    /// The events of an order, as JSON, from its first to its last.
    ///
    /// - Throws: `.notFound`.
    func history(orderID: Int64, _ call: CallContext) throws(EventError) -> [[UInt8]] {
        let events = try database.read(for: call) {
            (session: borrowing ReadSession<EventError>) throws(EventError) in
            try store.history(orderID: orderID, in: session)
        }
        guard let events else { throw .notFound }
        return events
    }
}
