internal import Concurrency
internal import CurlHTTPClient
internal import HTTPMessages
internal import JSONWebTokens
private import Resilience
internal import Telemetry

/// The keys that an identity provider publishes.
///
/// One thread of its own reads them, so that no request waits for the provider, however slow it is, and any number of requests have
/// it asked once. Keys that were read stay in use while it cannot be reached, for a day.
final class PublishedKeys: Sendable {
    /// Once an hour: providers publish a key days before they sign with it, and leave one there for as long as its tokens hold.
    private static let intervalMilliseconds = 3_600_000
    /// A minute at least between two readings for unknown keys: anybody can make up a `kid`.
    static let unknownKeyMilliseconds = 60_000
    /// 24 hours, as an outage may last that passes by itself. A key may have been withdrawn meanwhile.
    private static let ageMilliseconds = 86_400_000
    /// Pauses of up to 1 s doubling to 60 s.
    private static let backoff = RetryPolicy(attemptsMax: .max, baseMilliseconds: 1000, capMilliseconds: 60_000)
    private static let pauseMillisecondsMin = 500
    /// 5 s for one reading: it is a page of text.
    private static let attemptMilliseconds = 5000

    private static let readings = Metrics.Definition(
        "jwks_readings_total", "Attempts to read the identity provider's keys.", .counter, labels: ["outcome"])

    private struct State {
        var set: JSONWebKeySet?
        var isReading = false
        /// Whether a token names a key that is not there.
        var isWanted = false
        /// The failures since the last success.
        var failureCount = 0
        var dueAt: Deadline
        /// When the set is too old to be believed.
        var endsAt: Deadline
        /// Until then no unknown key has them read.
        var knownUntil: Deadline
    }

    private let url: KeySetURL
    private let transport: any HTTPTransport
    private let clock: MonotonicClock
    private let logger: Logger
    private let metrics: Metrics
    private let state: Lock<State>
    private let worker = Lock<Worker?>(nil)

    init(
        _ url: KeySetURL, transport: any HTTPTransport, clock: MonotonicClock, _ logger: Logger, _ metrics: Metrics
    ) {
        self.url = url
        self.transport = MeasuredTransport(transport, "identity-provider", metrics)
        self.clock = clock
        self.logger = logger
        self.metrics = metrics
        metrics.declare(PublishedKeys.readings, [["read"], ["failed"]])
        let now = clock.after(milliseconds: 0)
        state = Lock(State(dueAt: now, endsAt: now, knownUntil: now))
    }

    /// Those that were read last; none before the first success, and none once they are a day old.
    var keys: [JSONWebKey] { state.withLock { clock.hasPassed($0.endsAt) ? nil : $0.set?.keys } ?? [] }

    /// Whether a key that is not there may come to be known: the set is being read, could not be read, or is read now because nobody has
    /// read it for a minute. Does not wait.
    func mayHaveUnknownKey() -> Bool {
        let (mayHave, isNew) = state.withLock { state in
            if state.isReading || state.isWanted { return (true, false) }
            guard clock.hasPassed(state.knownUntil) else { return (state.set == nil || state.failureCount > 0, false) }
            state.isWanted = true
            return (true, true)
        }
        if isNew { worker.withLock { $0 }?.wake() }
        return mayHave
    }

    /// Reads the keys when they are due, and when it is woken.
    func makeWorker() -> Worker {
        let made = Worker("jwks") { [self] _ in
            if begin() { end(readSet()) }
            let dueAt = state.withLock { $0.dueAt }
            return .after(milliseconds: clock.systemDeadline(at: dueAt).remainingMilliseconds + 1)
        }
        worker.withLock { $0 = made }
        return made
    }

    /// - Returns: whether there is reason to read.
    private func begin() -> Bool {
        state.withLock { state in
            guard state.isWanted || clock.hasPassed(state.dueAt) else { return false }
            state.isWanted = false
            state.isReading = true
            state.knownUntil = clock.after(milliseconds: PublishedKeys.unknownKeyMilliseconds)
            return true
        }
    }

    private func end(_ result: Result<JSONWebKeySet, KeySetFailure>) {
        state.withLock { state in
            state.isReading = false
            switch result {
            case .success(let set):
                state.set = set
                state.failureCount = 0
                state.endsAt = clock.after(milliseconds: PublishedKeys.ageMilliseconds)
                state.dueAt = clock.after(milliseconds: PublishedKeys.interval())
            case .failure:
                state.failureCount += 1
                state.dueAt = clock.after(milliseconds: PublishedKeys.pause(afterFailure: state.failureCount))
            }
        }
        report(result)
    }

    private func readSet() -> Result<JSONWebKeySet, KeySetFailure> {
        let request = Request(.get, url.target, headers: ["Accept": "application/jwk-set+json, application/json"])
        do throws(TransportError) {
            let reply = try transport.send(
                request, to: url.origin, by: .after(milliseconds: PublishedKeys.attemptMilliseconds))
            guard reply.status == .ok else { return .failure(.status(reply.status)) }
            do throws(JSONWebKeySetError) { return .success(try JSONWebKeySet(reply.body)) } catch {
                return .failure(.set(error))
            }
        } catch {
            return .failure(.transport(error))
        }
    }

    private func report(_ result: Result<JSONWebKeySet, KeySetFailure>) {
        switch result {
        case .success(let set):
            metrics.increment(PublishedKeys.readings, ["read"])
            logger.info("keys read", ["keys": set.keys.count, "passed_over": set.passedOver.count])
            for key in set.passedOver {
                logger.info("key passed over", ["key": key.index + 1, "reason": key.reason.description])
            }
        case .failure(let failure):
            metrics.increment(PublishedKeys.readings, ["failed"])
            logger.warning("the identity provider's keys could not be read", ["cause": failure.message])
        }
    }

    /// A tenth is taken off at random, so that instances which were started together do not ask together.
    private static func interval() -> Int {
        intervalMilliseconds - Int.random(in: 0...intervalMilliseconds / 10)
    }

    private static func pause(afterFailure count: Int) -> Int {
        let pause = backoff.pauseMilliseconds(afterAttempt: count, by: .after(milliseconds: intervalMilliseconds)) ?? 0
        return max(pause, pauseMillisecondsMin)
    }
}

/// Why keys could not be read.
private enum KeySetFailure: Error {
    case transport(TransportError)
    case status(Status)
    case set(JSONWebKeySetError)

    /// One sentence for the log.
    var message: String {
        switch self {
        case .transport(let error): error.message
        case .status(let status): "JWKS_URL was answered \(status)."
        case .set(let error): "What stands at JWKS_URL \(error)."
        }
    }
}
