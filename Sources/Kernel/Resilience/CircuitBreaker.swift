package import Concurrency

/// Stops calls to a dependency that fails or is slow, so that it can recover and nobody waits for it in vain, and finds out by a few
/// calls when it is back.
///
///     closed ── too many fail or are slow ──► open ── after a while ──► half-open ── probes succeed ──► closed
///                                              ▲                           │
///                                              └────── a probe fails ──────┘
///
/// It knows no protocol: whoever calls says what came of it.
package final class CircuitBreaker: Sendable {
    package struct Settings: Sendable, Equatable {
        /// The share of calls that failed, in percent, at which it opens.
        package var failurePercent: Int
        /// The share of calls that took `slowMilliseconds` or longer, in percent, at which it opens.
        package var slowPercent: Int
        package var slowMilliseconds: Int
        /// Of fewer calls within the window nothing follows. As many that failed one after the other, or were slow, open it whatever was
        /// before them: of a busy service's calls half would have failed only after the window's half.
        package var callsMin: Int
        package var windowMilliseconds: Int
        /// How long it stays open before the first probe.
        package var openMilliseconds: Int
        /// How many probes there may be at once, and how many have to succeed.
        package var probesMax: Int

        /// Opens where 20 calls in a row, or half of at least 20 in 10 s, failed, or took 2 s (80 % of them); probes after 5 s, three at a
        /// time. 20 calls come together within a second under the load at which it matters; 5 s are soon enough for whoever waits,
        /// and a rest for a process that starts.
        package init(
            failurePercent: Int = 50, slowPercent: Int = 80, slowMilliseconds: Int = 2000, callsMin: Int = 20,
            windowMilliseconds: Int = 10_000, openMilliseconds: Int = 5000, probesMax: Int = 3
        ) {
            self.failurePercent = failurePercent
            self.slowPercent = slowPercent
            self.slowMilliseconds = slowMilliseconds
            self.callsMin = callsMin
            self.windowMilliseconds = windowMilliseconds
            self.openMilliseconds = openMilliseconds
            self.probesMax = probesMax
        }
    }

    package enum State: String, CaseIterable, Sendable {
        case closed
        case open
        case halfOpen = "half-open"
    }

    package enum Outcome: Sendable {
        case success
        case failure
        /// Nothing can be said of the dependency: the caller's time was up, or the request was never begun with.
        case unknown
    }

    /// A call that was let through; ends by `end`.
    package struct Call: Sendable {
        fileprivate let number: UInt64
        fileprivate let period: UInt64
        fileprivate let beganAt: UInt64
        fileprivate let isProbe: Bool
    }

    private struct Circuit {
        var state = State.closed
        /// Counts the states: what began in an earlier one tells nothing of this one.
        var period: UInt64 = 0
        var window: CallWindow
        /// One after the other, without one that did not fail between them; the same of slow ones.
        var failuresInARow = 0
        var slowInARow = 0
        var opensUntil: UInt64 = 0
        /// The probes under way, by number, with when each began.
        var probes: [UInt64: UInt64] = [:]
        var successes = 0
        var lastNumber: UInt64 = 0
    }

    package let settings: Settings
    private let clock: MonotonicClock
    private let didChange: @Sendable (State) -> Void
    private let circuit: Lock<Circuit>

    /// - Parameters:
    ///   - clock: a test passes its own.
    ///   - didChange: called after each change, by whoever's call brought it about.
    package init(
        _ settings: Settings = Settings(), clock: MonotonicClock = .system,
        didChange: @escaping @Sendable (State) -> Void = { _ in }
    ) {
        self.settings = settings
        self.clock = clock
        self.didChange = didChange
        circuit = Lock(Circuit(window: CallWindow(milliseconds: settings.windowMilliseconds)))
    }

    /// An open circuit whose time is over is open until the next call.
    package var state: State { circuit.withLock { $0.state } }

    /// Whether every call is refused now. Not while it is half-open, nor once its time is over: then it needs calls to find out.
    package var isRefusing: Bool {
        circuit.withLock { $0.state == .open && clock.uptimeNanoseconds < $0.opensUntil }
    }

    /// Lets a call through, or says for how long there is no point in one.
    package enum Admission: Sendable {
        case call(Call)
        case refused(retryAfterMilliseconds: Int)
    }

    package func admit() -> Admission {
        let (admission, isChanged) = circuit.withLock { circuit -> (Admission, Bool) in
            let now = clock.uptimeNanoseconds
            switch circuit.state {
            case .closed: return (.call(begin(&circuit, at: now, isProbe: false)), false)
            case .open:
                guard now >= circuit.opensUntil else {
                    return (.refused(retryAfterMilliseconds: milliseconds(from: now, to: circuit.opensUntil)), false)
                }
                change(&circuit, to: .halfOpen)
                return (.call(begin(&circuit, at: now, isProbe: true)), true)
            case .halfOpen:
                // A probe that nobody ended must not keep the others away for ever.
                let lifetime = UInt64(settings.openMilliseconds) * 1_000_000
                circuit.probes = circuit.probes.filter { now < $0.value + lifetime }
                guard circuit.probes.count + circuit.successes < settings.probesMax else {
                    return (.refused(retryAfterMilliseconds: settings.openMilliseconds), false)
                }
                return (.call(begin(&circuit, at: now, isProbe: true)), false)
            }
        }
        if isChanged { didChange(.halfOpen) }
        return admission
    }

    /// Takes note of what came of a call.
    package func end(_ call: Call, _ outcome: Outcome) {
        let changed = circuit.withLock { circuit -> State? in
            let now = clock.uptimeNanoseconds
            circuit.probes[call.number] = nil
            guard call.period == circuit.period else { return nil }
            let isSlow = milliseconds(from: call.beganAt, to: now) >= settings.slowMilliseconds
            return call.isProbe ? endProbe(&circuit, outcome, isSlow, now) : endCall(&circuit, outcome, isSlow, now)
        }
        if let changed { didChange(changed) }
    }

    private func endCall(_ circuit: inout Circuit, _ outcome: Outcome, _ isSlow: Bool, _ now: UInt64) -> State? {
        // Who waited for so long has seen that it is slow, even where their own time was up.
        guard outcome != .unknown || isSlow else { return nil }
        circuit.window.add(isFailed: outcome == .failure, isSlow: isSlow, at: now)
        circuit.failuresInARow = outcome == .failure ? circuit.failuresInARow + 1 : 0
        circuit.slowInARow = isSlow ? circuit.slowInARow + 1 : 0
        guard outcome == .failure || isSlow else { return nil }
        guard
            max(circuit.failuresInARow, circuit.slowInARow) >= settings.callsMin
                || isTooMuch(circuit.window.counts(at: now))
        else { return nil }
        return open(&circuit, at: now)
    }

    private func isTooMuch(_ counts: CallWindow.Counts) -> Bool {
        counts.all >= settings.callsMin
            && (counts.failed * 100 >= settings.failurePercent * counts.all
                || counts.slow * 100 >= settings.slowPercent * counts.all)
    }

    private func endProbe(_ circuit: inout Circuit, _ outcome: Outcome, _ isSlow: Bool, _ now: UInt64) -> State? {
        if outcome == .failure || isSlow { return open(&circuit, at: now) }
        guard outcome == .success else { return nil }
        circuit.successes += 1
        guard circuit.successes >= settings.probesMax else { return nil }
        change(&circuit, to: .closed)
        return .closed
    }

    private func begin(_ circuit: inout Circuit, at now: UInt64, isProbe: Bool) -> Call {
        circuit.lastNumber += 1
        if isProbe { circuit.probes[circuit.lastNumber] = now }
        return Call(number: circuit.lastNumber, period: circuit.period, beganAt: now, isProbe: isProbe)
    }

    private func open(_ circuit: inout Circuit, at now: UInt64) -> State {
        change(&circuit, to: .open)
        circuit.opensUntil = now + UInt64(settings.openMilliseconds) * 1_000_000
        return .open
    }

    private func change(_ circuit: inout Circuit, to state: State) {
        circuit.state = state
        circuit.period += 1
        circuit.window.clear()
        circuit.failuresInARow = 0
        circuit.slowInARow = 0
        circuit.probes = [:]
        circuit.successes = 0
    }

    /// Rounded up: who waits for so long is not too early.
    private func milliseconds(from start: UInt64, to end: UInt64) -> Int {
        end > start ? Int((end - start + 999_999) / 1_000_000) : 0
    }
}
