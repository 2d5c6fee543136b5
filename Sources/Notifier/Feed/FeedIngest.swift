import Concurrency
import DatabaseWebService
import FaultPoints
import MySQL
import Telemetry

/// Takes pages of the feed into the inbox, with a delivery to each endpoint that wants the event, each page in one transaction.
struct FeedIngest {
    /// What came of a page.
    struct Outcome: Sendable, Equatable {
        var takenCount = 0
        /// Those that had been taken before.
        var duplicateCount = 0
        /// Those that cannot be delivered.
        var refusedCount = 0
        var deliveryCount = 0
    }

    enum Failure: DatabaseFailure {
        /// Events are missing before `found`.
        case gap(expected: Int64, found: Int64)
        case database(DatabaseError)

        init(_ error: DatabaseError) { self = .database(error) }

        var databaseError: DatabaseError? {
            if case .database(let error) = self { error } else { nil }
        }
    }

    let database: Database
    let cursor: FeedCursorStore
    let inbox: InboxStore
    let endpoints: EndpointStore
    let lanes: LaneStore
    let deliveries: DeliveryStore

    /// Takes what is new of a page. A COMMIT whose reply was lost is repeated: the second time finds the cursor moved.
    ///
    /// - Throws: `.gap`, and nothing was taken.
    func take(_ page: FeedPage, by deadline: Deadline) throws(Failure) -> Outcome {
        let outcome = try database.transaction(by: deadline, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<Failure>) throws(Failure) -> Outcome in
            let known = try cursor.lock(in: transaction)
            let new = Array(page.events.drop { $0.seq <= known.seq })
            var outcome = Outcome(takenCount: new.count, duplicateCount: page.events.count - new.count)
            guard let first = new.first, let last = new.last else { return outcome }
            var lastSeq = known.seq
            for event in new {
                guard event.previousSeq == lastSeq else { throw .gap(expected: lastSeq + 1, found: event.seq) }
                lastSeq = event.seq
            }
            let now = try transaction.now()
            try inbox.insert(new, at: now, in: transaction)
            outcome.refusedCount = new.count { if case .failure = $0.content { true } else { false } }
            outcome.deliveryCount = try fanOut(first.seq...last.seq, new, at: now, in: transaction)
            try cursor.move(to: FeedCursor(seq: last.seq, position: page.nextPosition), in: transaction)
            faultPoint("deliveries.ingest.before-commit")
            return outcome
        }
        faultPoint("deliveries.ingest.after-commit")
        return outcome
    }

    /// - Returns: how many deliveries were made.
    private func fanOut(
        _ seqs: ClosedRange<Int64>, _ events: [FeedEvent], at now: Timestamp,
        in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Int {
        let types = Set(events.compactMap { try? $0.content.get().type })
        var count = 0
        for endpoint in try endpoints.active(in: transaction) {
            let own = endpoint.types
            if let own, types.isDisjoint(with: own.map(\.rawValue)) { continue }
            let selection = ReplaySelection(seqs: seqs, types: [own].compactMap { $0 }, onlyFailed: false)
            // The lanes first: whoever finishes a lane holds its row before a delivery's.
            try lanes.open(endpointID: endpoint.id, replay: 0, selection, in: transaction)
            count += try deliveries.insert(
                endpointID: endpoint.id, replay: 0, selection, at: now, in: transaction)
        }
        return count
    }
}
