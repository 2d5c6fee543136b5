import Concurrency

/// Which deliveries may be begun, so that an endpoint in trouble costs the others little.
///
/// An endpoint has 4 attempts in flight. One that fails has one, a probe, after a pause that doubles up to 5 s; each success doubles
/// what it may have again. Those that fail or are slow share threads of their own, a quarter as many as the others have, so that they take
/// none from those.
final class DeliveryGates: Sendable {
    /// As many again are claimed ahead, so that a thread which becomes free does not wait for the database.
    private static let aheadFactor = 2
    /// 15 s: so long after its claim a delivery is still begun; with the 12 s of an attempt it ends within its lease.
    private static let beginMilliseconds = 15_000

    private struct State {
        var gates: [Int64: DeliveryGate] = [:]
        var waiting: [LeasedLane] = []
        /// Claimed lanes that are not to be begun after all.
        var abandoned: [LeasedLane] = []
        /// Whose turn it is to be claimed for first.
        var turn = 0
        var retryAt = Deadline(uptimeNanoseconds: .max)
    }

    /// How many threads there are to be, for all of them: one that begins to hang holds 4 until its attempts end.
    var threadCount: Int { othersMax + max(constrainedMax, DeliveryGate.inFlightMax) }

    private let clock: MonotonicClock
    private let othersMax: Int
    private let constrainedMax: Int
    private let state = Lock(State())

    /// - Parameters:
    ///   - threadsMax: how many deliveries are sent at once, those apart whose endpoints fail or are slow.
    ///   - clock: what tells of pauses, slowness and leases.
    init(threadsMax: Int, clock: MonotonicClock = .system) {
        othersMax = threadsMax
        constrainedMax = max(threadsMax / 4, 1)
        self.clock = clock
    }

    /// Sets whom deliveries may be made to. What was claimed for others is given back.
    func update(_ targets: [DeliveryTarget]) {
        state.withLock { state in
            let open = Set(targets.map(\.endpointID))
            for id in state.gates.keys where !open.contains(id) {
                state.gates[id]?.isOpen = false
                abandonWaiting(of: id, &state)
                if state.gates[id]?.held == 0 { state.gates[id] = nil }
            }
            for target in targets {
                if state.gates[target.endpointID] == nil {
                    state.gates[target.endpointID] = DeliveryGate(target: target)
                } else {
                    let wasOpen = state.gates[target.endpointID]?.isOpen ?? false
                    state.gates[target.endpointID]?.target = target
                    state.gates[target.endpointID]?.isOpen = true
                    if !wasOpen { state.gates[target.endpointID]?.mayBeDue = true }
                }
            }
        }
    }

    /// Something may have become due, for any endpoint.
    func noteDue() {
        state.withLock { state in
            for id in state.gates.keys { state.gates[id]?.mayBeDue = true }
            state.retryAt = Deadline(uptimeNanoseconds: .max)
        }
    }

    /// Something will be due in so many milliseconds.
    func noteRetry(afterMilliseconds milliseconds: Int) {
        let at = clock.after(milliseconds: milliseconds)
        state.withLock { $0.retryAt = min($0.retryAt, at) }
    }

    /// The next moment at which something is known to be due, or a paused endpoint may be probed.
    var nextDue: Deadline {
        state.withLock { state in
            let probes = state.gates.values.filter { $0.isOpen && $0.mayBeDue && !clock.hasPassed($0.pausedUntil) }
                .map(\.pausedUntil)
            return min(state.retryAt, probes.min() ?? Deadline(uptimeNanoseconds: .max))
        }
    }

    /// For which endpoints to claim how many lanes now, each time beginning with another one.
    func wanted() -> [(endpointID: Int64, limit: Int)] {
        state.withLock { state in
            let ids = state.gates.keys.sorted()
            guard !ids.isEmpty else { return [] }
            state.turn = (state.turn + 1) % ids.count
            let now = clock.after(milliseconds: 0)
            var constrainedLeft = constrainedMax - constrainedCount(state, at: now, \.held)
            var wanted: [(endpointID: Int64, limit: Int)] = []
            for id in ids[state.turn...] + ids[..<state.turn] {
                guard let gate = state.gates[id], gate.isOpen, gate.mayBeDue, clock.hasPassed(gate.pausedUntil)
                else { continue }
                var limit: Int
                if gate.isConstrained(at: now) {
                    limit = min(gate.allowed - gate.held, constrainedLeft)
                    constrainedLeft -= max(limit, 0)
                } else {
                    // Several at a time: a claim costs the same for one.
                    guard gate.held <= gate.allowed else { continue }
                    limit = gate.allowed * DeliveryGates.aheadFactor - gate.held
                }
                if limit > 0 { wanted.append((id, limit)) }
            }
            return wanted
        }
    }

    /// Takes over what was claimed for an endpoint.
    ///
    /// - Parameter isAll: whether nothing else is due for it.
    func add(_ claimed: [LeasedLane], endpointID: Int64, isAll: Bool) {
        state.withLock { state in
            state.gates[endpointID]?.held += claimed.count
            if isAll { state.gates[endpointID]?.mayBeDue = false }
            state.waiting += claimed
        }
        // No more threads than there is work for: each that wakes for nothing costs as much as a delivery's signature.
        for _ in claimed { state.signal() }
    }

    /// Waits for a delivery that may be begun, and begins it.
    ///
    /// - Returns: nil when `deadline` comes first.
    func begin(by deadline: Deadline) -> (lane: LeasedLane, target: DeliveryTarget)? {
        state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { state in
            dropStale(&state)
            let now = clock.after(milliseconds: 0)
            let constrained = constrainedCount(state, at: now, \.begun.count)
            let others = state.gates.values.reduce(0) { $0 + $1.begun.count } - constrained
            for (index, leased) in state.waiting.enumerated() {
                guard let gate = state.gates[leased.lane.endpointID], gate.begun.count < gate.allowed,
                    gate.isConstrained(at: now) ? constrained < constrainedMax : others < othersMax
                else { continue }
                state.waiting.remove(at: index)
                state.gates[leased.lane.endpointID]?.begun[leased.lane] = now
                // What was read of the endpoint may be older than its last failure.
                return (leased, gate.target.failing(gate.isFailing || gate.target.isFailing))
            }
            return nil
        }
    }

    /// Ends a delivery that was begun. The thread that has done it begins the next one, if there is one.
    ///
    /// - Parameter isSuccess: nil where nothing was sent.
    /// - Returns: whether there may be something to claim now, or to give back.
    @discardableResult
    func finish(_ leased: LeasedLane, isSuccess: Bool?) -> Bool {
        let (mayClaim, isWider) = state.withLock { state in
            let now = clock.after(milliseconds: 0)
            let id = leased.lane.endpointID
            guard var gate = state.gates[id] else { return (true, true) }
            let wasConstrained = gate.isConstrained(at: now)
            let allowedBefore = gate.allowed
            gate.end(leased.lane, isSuccess: isSuccess, at: now)
            state.gates[id] = gate
            if isSuccess == false { abandonWaiting(of: id, &state) }
            if !gate.isOpen, state.gates[id]?.held == 0 { state.gates[id] = nil }
            let isPlain = isSuccess == true && !wasConstrained && gate.isOpen
            return (!isPlain || gate.held <= gate.allowed, wasConstrained || gate.allowed > allowedBefore)
        }
        // Others may begin now that could not.
        if isWider { state.broadcast() }
        return mayClaim
    }

    /// Claimed lanes that are to be given back, each told once.
    func takeAbandoned() -> [LeasedLane] {
        state.withLock { state in
            defer { state.abandoned = [] }
            return state.abandoned
        }
    }

    /// Gives back everything that was claimed and not begun: nobody will begin it any more.
    func abandonAll() {
        state.withLock { state in for id in state.gates.keys { abandonWaiting(of: id, &state) } }
    }

    private func abandonWaiting(of endpointID: Int64, _ state: inout State) {
        let abandoned = state.waiting.filter { $0.lane.endpointID == endpointID }
        guard !abandoned.isEmpty else { return }
        state.waiting.removeAll { $0.lane.endpointID == endpointID }
        state.gates[endpointID]?.held -= abandoned.count
        state.abandoned += abandoned
    }

    /// Their leases end while they would be in flight; then they are claimed anew.
    private func dropStale(_ state: inout State) {
        let limit = DeliveryGates.beginMilliseconds
        guard state.waiting.contains(where: { clock.hasPassed($0.claimedAt.later(milliseconds: limit)) }) else {
            return
        }
        for leased in state.waiting where clock.hasPassed(leased.claimedAt.later(milliseconds: limit)) {
            state.gates[leased.lane.endpointID]?.held -= 1
        }
        state.waiting.removeAll { clock.hasPassed($0.claimedAt.later(milliseconds: limit)) }
    }

    private func constrainedCount(_ state: State, at now: Deadline, _ count: (DeliveryGate) -> Int) -> Int {
        state.gates.values.reduce(0) { $0 + ($1.isConstrained(at: now) ? count($1) : 0) }
    }
}
