import Concurrency
import MySQL
import Telemetry

/// Goes on with a feed whose log was put back: from the newest event that both know.
///
/// What the log has after it is another history, of which nothing was delivered. What was kept of the lost one is removed; it may
/// have been delivered.
struct FeedRewind {
    /// 50 events a transaction, each with a hundred deliveries at most, or some more where it was replayed.
    private static let stepSize = 50
    private static let stepMilliseconds = 30_000

    enum Failure: Error {
        case feed(FeedClient.Failure)
        case database(DatabaseError)

        var message: String {
            switch self {
            case .feed(.unavailable(let reason)), .feed(.unreadable(let reason)): reason
            case .feed(.rewound), .feed(.tooLarge): "The feed cannot be read."
            case .database(let error): error.description
            }
        }
    }

    let database: Database
    let client: FeedClient
    let cursor: FeedCursorStore
    let inbox: InboxStore
    let logger: Logger

    /// - Returns: the event after which the feed is read on.
    func run() throws(Failure) -> FeedCursor {
        let known = try read { (session) throws(DatabaseError) in try cursor.find(in: session) }
        if try knows(known) {
            logger.info("the feed knows the last event that was taken", ["seq": known.seq])
            return known
        }
        let common = try newestCommon(below: known.seq)
        var removed = 0
        while true {
            let count = try transaction { (transaction) throws(DatabaseError) in
                try inbox.removeNewest(above: common.seq, limit: FeedRewind.stepSize, in: transaction)
            }
            removed += count
            if count < FeedRewind.stepSize { break }
        }
        try transaction { (transaction) throws(DatabaseError) in
            try cursor.hold(in: transaction)
            try cursor.move(to: common, in: transaction)
        }
        logger.warning(
            "feed rewound", ["from_seq": known.seq, "to_seq": common.seq, "removed_events": removed])
        return common
    }

    /// Looks back in steps that double until the feed knows an event, and then halves the interval between.
    private func newestCommon(below seq: Int64) throws(Failure) -> FeedCursor {
        var unknown = seq
        var step: Int64 = 1
        var common = FeedCursor(seq: 0, position: "0")
        while let candidate = try position(atOrBelow: unknown - step) {
            if try knows(candidate) {
                common = candidate
                break
            }
            unknown = candidate.seq
            step *= 2
        }
        // Nothing that is kept between `common` and `low` is known.
        var low = common.seq
        while unknown - low > 1 {
            let middle = low + (unknown - low) / 2
            guard let candidate = try position(atOrBelow: middle), candidate.seq > low else {
                low = middle
                continue
            }
            if try knows(candidate) {
                common = candidate
                low = middle
            } else {
                unknown = candidate.seq
            }
        }
        return common
    }

    private func knows(_ position: FeedCursor) throws(Failure) -> Bool {
        do throws(FeedClient.Failure) {
            _ = try client.page(after: position.position, limit: 1, waits: false)
            return true
        } catch {
            switch error {
            case .rewound: return false
            // A page that is too large is one: the position is known.
            case .tooLarge: return true
            case .unavailable, .unreadable: throw .feed(error)
            }
        }
    }

    private func position(atOrBelow seq: Int64) throws(Failure) -> FeedCursor? {
        guard seq > 0 else { return nil }
        return try read { (session) throws(DatabaseError) in try inbox.position(atOrBelow: seq, in: session) }
    }

    private func read<Value>(
        _ body: (borrowing ReadSession<DatabaseError>) throws(DatabaseError) -> Value
    ) throws(Failure) -> Value {
        do throws(DatabaseError) {
            return try database.read(by: .after(milliseconds: FeedRewind.stepMilliseconds), body)
        } catch {
            throw .database(error)
        }
    }

    private func transaction<Value>(
        _ body: (borrowing Transaction<DatabaseError>) throws(DatabaseError) -> Value
    ) throws(Failure) -> Value {
        do throws(DatabaseError) {
            return try database.transaction(
                by: .after(milliseconds: FeedRewind.stepMilliseconds), ifCommitIsLost: .runAgain, body)
        } catch {
            throw .database(error)
        }
    }
}
