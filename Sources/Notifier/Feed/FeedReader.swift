import Concurrency
import MySQL
import Telemetry

/// Follows the feed of the Orders API.
struct FeedReader {
    /// 500 events a page at most, and 5,000 deliveries a transaction or little more: some 100 ms.
    private static let eventsMax = 500
    private static let deliveriesMax = 5000
    /// 10 s for a transaction; a slow one is no reason to read the page again.
    private static let storeMilliseconds = 10_000
    /// 1 s after a failure that passes by itself, and 60 s where somebody has to act.
    private static let pauseMilliseconds = 1000
    private static let longPauseMilliseconds = 60_000
    /// 500 ms where the feed answers at once that there is nothing, as it may when many wait there.
    private static let idlePauseMilliseconds = 500
    /// 30 s where messages tell when there is something: for those that are lost.
    static let lookMilliseconds = 30_000

    let database: Database
    let client: FeedClient
    let cursor: FeedCursorStore
    let endpoints: EndpointStore
    let ingest: FeedIngest
    let status: FeedStatus
    let wake: DeliveryWake
    let metrics: Metrics
    let logger: Logger
    /// Tells when there is something new; nil where there is no broker.
    var messages: FeedMessages?
    var lookMilliseconds = FeedReader.lookMilliseconds

    /// - Parameter begin: called at the beginning of each run.
    func worker(_ begin: @escaping @Sendable (StopToken) -> Void) -> Worker {
        // Halved when a page is too large to be read, doubled when one was taken.
        let eventsMax = Lock(FeedReader.eventsMax)
        let worker = Worker("event-feed") { stop in
            begin(stop)
            return run(eventsMax, stop)
        }
        // After a failure its pause is kept, however many messages come.
        messages?.wake(worker) { [status] in status.state == .following }
        return worker
    }

    /// Reads and takes one page.
    ///
    /// - Returns: when to go on.
    func run(_ eventsMax: Lock<Int>, _ stop: StopToken = .never) -> Worker.Next {
        let deadline = Deadline.after(milliseconds: FeedReader.storeMilliseconds)
        // Before the feed is read: what comes after that wakes.
        let isToldOfNew = messages?.isConnected == true && status.state == .following
        let (known, endpointCount): (FeedCursor, Int)
        do throws(DatabaseError) {
            (known, endpointCount) = try database.read(by: deadline) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                (try cursor.find(in: session), try endpoints.countInUse(in: session))
            }
        } catch {
            return fail(.notStored, error.description)
        }
        let limit = min(
            eventsMax.withLock { $0 }, max(FeedReader.deliveriesMax / max(endpointCount, 1), 1))
        let page: FeedPage
        let soon = Deadline.after(milliseconds: FeedReader.idlePauseMilliseconds)
        do throws(FeedClient.Failure) {
            page = try client.page(after: known.position, limit: limit, waits: !isToldOfNew)
        } catch {
            // The request was given up.
            if stop.isStopRequested { return .never }
            switch error {
            case .rewound:
                return fail(
                    .rewound,
                    "The feed does not know event \(known.seq) any more. Run `OrdersAPI rebase-events`, or `Notifier rewind-feed`.",
                    pauseMilliseconds: FeedReader.longPauseMilliseconds)
            case .tooLarge where limit > 1:
                eventsMax.withLock { $0 = max(limit / 2, 1) }
                return .after(milliseconds: 0)
            case .tooLarge: return fail(.unreadable, "The event after \(known.seq) is larger than is read.")
            case .unavailable(let reason): return fail(.unavailable, reason)
            case .unreadable(let reason): return fail(.unreadable, reason)
            }
        }
        let next = take(page, after: known, eventsMax)
        guard next == .after(milliseconds: 0) else { return next }
        if isToldOfNew { return page.hasNext ? next : .after(milliseconds: lookMilliseconds) }
        guard page.events.isEmpty, !soon.hasPassed else { return next }
        return .after(milliseconds: FeedReader.idlePauseMilliseconds)
    }

    private func take(_ page: FeedPage, after known: FeedCursor, _ eventsMax: Lock<Int>) -> Worker.Next {
        let outcome: FeedIngest.Outcome
        do throws(FeedIngest.Failure) {
            outcome = try ingest.take(page, by: .after(milliseconds: FeedReader.storeMilliseconds))
        } catch {
            switch error {
            case .gap(let expected, let found):
                return fail(
                    .gap, "Event \(found) of the feed follows event \(expected - 1). Nothing was taken.",
                    pauseMilliseconds: FeedReader.longPauseMilliseconds)
            case .database(let error): return fail(.notStored, error.description)
            }
        }
        status.count(outcome, in: metrics)
        if outcome.deliveryCount > 0 { wake.noteQueued() }
        if outcome.duplicateCount > 0 {
            logger.debug("events taken before were dropped", ["count": outcome.duplicateCount])
        }
        for event in page.events where event.seq > known.seq {
            guard case .failure(let refusal) = event.content else { continue }
            logger.error("event cannot be delivered", ["seq": event.seq, "cause": refusal.reason])
        }
        eventsMax.withLock { $0 = min($0 * 2, FeedReader.eventsMax) }
        if status.notePage(isEnd: !page.hasNext) { logger.info("feed is followed again", ["seq": known.seq]) }
        return .after(milliseconds: 0)
    }

    private func fail(
        _ state: FeedStatus.State, _ detail: String, pauseMilliseconds: Int = FeedReader.pauseMilliseconds
    ) -> Worker.Next {
        if status.note(state, detail) { logger.error("feed is not followed", ["cause": detail]) }
        return .after(milliseconds: pauseMilliseconds)
    }
}
