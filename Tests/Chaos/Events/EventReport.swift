import Concurrency
import JSON
import MySQL

/// What came of the events of a storm.
struct EventReport {
    /// Names an event.
    struct Key: Hashable, Sendable {
        let orderID: Int64
        let version: Int64
    }

    struct Logged: Sendable {
        let id: String
        let seq: Int64
        let body: [UInt8]
    }

    private static let patienceMilliseconds = 60_000

    let eventCount: Int
    /// Deliveries and messages beyond one for each event.
    let repetitions: Int
    let messageRepetitions: Int
    let moods: MoodyEndpoint.Moods
    let violations: [String]

    /// One line.
    var description: String {
        let counts = MoodyEndpoint.Mood.allCases.map { "\($0.rawValue) \(moods[$0] ?? 0)" }.joined(separator: ", ")
        return
            "events: \(eventCount), each heard by 3 endpoints and a queue in its turn; repeated \(repetitions) webhooks and "
            + "\(messageRepetitions) messages; answers of the endpoints: \(counts); violations \(violations.count)"
    }

    /// Everything that the log has.
    static func log(_ database: Database) throws -> [Key: Logged] {
        let rows = try database.read(by: .after(milliseconds: patienceMilliseconds)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.query(
                "SELECT seq, order_id, version, body FROM event_log JOIN order_events USING (order_id, version)"
            ) { (row) throws(DatabaseError) in
                let body = try row.bytes("body")
                let id = (try? JSONParser.parse(body))?["id"]?.string ?? ""
                return (
                    Key(orderID: try row.int64("order_id"), version: try row.int64("version")),
                    Logged(id: id, seq: try row.int64("seq"), body: body)
                )
            }
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// What is wrong with what somebody heard: each event must have come, and before any later one of its order.
    static func violations(of heard: [Key], _ log: [Key: Logged], _ name: String) -> [String] {
        var violations: [String] = []
        var last: [Int64: Int64] = [:]
        for key in heard where key.version > last[key.orderID, default: 0] {
            if key.version != last[key.orderID, default: 0] + 1 {
                violations.append(
                    "\(name) heard of version \(key.version) of order \(key.orderID) before the one before it.")
            }
            last[key.orderID] = key.version
        }
        let missing = Set(log.keys).subtracting(heard)
        if !missing.isEmpty { violations.append("\(name) never heard of \(missing.count) events.") }
        let invented = Set(heard).subtracting(log.keys)
        if !invented.isEmpty { violations.append("\(name) heard of \(invented.count) events that there are not.") }
        return violations
    }
}
