import Concurrency
import Telemetry
import WebApplication

/// How the reading of the feed goes, for the health and the metrics.
final class FeedStatus: Sendable {
    enum State: Int, Sendable {
        case following = 0
        /// The feed cannot be reached, or does not serve.
        case unavailable = 1
        /// Its answer is not its contract's.
        case unreadable = 2
        /// Events are missing.
        case gap = 3
        /// The log does not know the position that was read up to.
        case rewound = 4
        /// What was read could not be stored.
        case notStored = 5
    }

    private struct Values {
        var state = State.following
        var detail = ""
        /// When the feed's end was last seen.
        var caughtUpAt: Deadline
        var isCaughtUp = false
    }

    private static let events = Metrics.Definition(
        "feed_events_total",
        "Events of the feed: taken, dropped since they had been taken, refused since they cannot be delivered.",
        .counter, labels: ["outcome"])

    private let clock: MonotonicClock
    private let values: Lock<Values>

    init(clock: MonotonicClock = .system) {
        self.clock = clock
        values = Lock(Values(caughtUpAt: clock.after(milliseconds: 0)))
    }

    /// - Returns: whether it is another state than before.
    @discardableResult
    func note(_ state: State, _ detail: String) -> Bool {
        values.withLock { values in
            defer {
                values.state = state
                values.detail = detail
                if values.isCaughtUp { values.caughtUpAt = clock.after(milliseconds: 0) }
                values.isCaughtUp = false
            }
            return values.state != state
        }
    }

    /// Notes that a page was taken.
    ///
    /// - Parameter isEnd: whether there is nothing after it.
    /// - Returns: whether it is another state than before.
    @discardableResult
    func notePage(isEnd: Bool) -> Bool {
        values.withLock { values in
            defer {
                values.state = .following
                values.detail = ""
                if isEnd || values.isCaughtUp { values.caughtUpAt = clock.after(milliseconds: 0) }
                values.isCaughtUp = isEnd
            }
            return values.state != .following
        }
    }

    var state: State { values.withLock { $0.state } }

    /// For how long the end of the feed has not been seen; 0 while it is waited at.
    var lagSeconds: Double {
        let now = clock.uptimeNanoseconds
        return values.withLock { values in
            let start = values.caughtUpAt.uptimeNanoseconds
            return values.isCaughtUp || now <= start ? 0 : Double(now - start) / 1_000_000_000
        }
    }

    /// Does not decide whether the service is ready: endpoints and deliveries can be managed, and what was taken is delivered.
    var check: HealthCheck {
        HealthCheck("event-feed", decidesReadiness: false) { [values] _ in
            values.withLock { $0.state == .following ? nil : $0.detail }
        }
    }

    /// Counts the events of a page that was taken.
    func count(_ outcome: FeedIngest.Outcome, in metrics: Metrics) {
        metrics.increment(FeedStatus.events, ["taken"], by: outcome.takenCount - outcome.refusedCount)
        metrics.increment(FeedStatus.events, ["duplicate"], by: outcome.duplicateCount)
        metrics.increment(FeedStatus.events, ["refused"], by: outcome.refusedCount)
    }

    func register(in metrics: Metrics) {
        metrics.declare(FeedStatus.events, ["taken", "duplicate", "refused"].map { [$0] })
        metrics.gauge(
            "feed_state",
            "How the feed is read: 0 following, 1 unavailable, 2 unreadable, 3 gap, 4 rewound, 5 not stored."
        ) { [self] in Double(state.rawValue) }
        metrics.gauge(
            "event_consumer_lag", "Seconds for which a consumer has not seen the end of the feed.",
            labels: ["consumer": "notifier"]
        ) { [self] in lagSeconds }
    }
}
