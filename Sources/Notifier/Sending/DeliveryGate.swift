import Concurrency

/// What one endpoint may have in flight, and what it has.
struct DeliveryGate {
    static let inFlightMax = 4
    private static let pauseMillisecondsMin = 50
    private static let pauseMillisecondsMax = 5000
    /// 1 s: a hundred times what a receiver takes that only stores what it gets.
    private static let slowMilliseconds = 1000

    var target: DeliveryTarget
    private(set) var allowed = DeliveryGate.inFlightMax
    /// Claimed, and not yet finished.
    var held = 0
    /// When each attempt in flight began.
    var begun: [Lane: Deadline] = [:]
    private(set) var isFailing = false
    private var isSlow = false
    private var failureCount = 0
    private var failedAt = Deadline(uptimeNanoseconds: 0)
    private(set) var pausedUntil = Deadline(uptimeNanoseconds: 0)
    /// Whether there may be something due that is not claimed.
    var mayBeDue = true
    var isOpen = true

    init(target: DeliveryTarget) {
        self.target = target
        // Known to fail: begin with a probe.
        if target.isFailing {
            isFailing = true
            allowed = 1
        }
    }

    /// Whether it fails or is slow. Slow, too, is one that has not answered for so long.
    func isConstrained(at now: Deadline) -> Bool {
        isFailing || isSlow || begun.values.contains { DeliveryGate.isSlow(from: $0, to: now) }
    }

    /// Ends an attempt.
    ///
    /// - Parameter isSuccess: nil where nothing was sent.
    mutating func end(_ lane: Lane, isSuccess: Bool?, at now: Deadline) {
        let begunAt = begun.removeValue(forKey: lane) ?? now
        held -= 1
        mayBeDue = true
        switch isSuccess {
        case true?:
            isSlow = DeliveryGate.isSlow(from: begunAt, to: now)
            isFailing = false
            failureCount = 0
            allowed = min(allowed * 2, DeliveryGate.inFlightMax)
            pausedUntil = now
        case false?:
            isFailing = true
            allowed = 1
            // Of several that were in flight together, one failure counts.
            guard begunAt > failedAt else { return }
            failureCount += 1
            let pause = DeliveryGate.pauseMillisecondsMin << min(failureCount - 1, 10)
            failedAt = now
            pausedUntil = now.later(milliseconds: min(pause, DeliveryGate.pauseMillisecondsMax))
        case nil: break
        }
    }

    private static func isSlow(from start: Deadline, to end: Deadline) -> Bool {
        end.uptimeNanoseconds >= start.later(milliseconds: slowMilliseconds).uptimeNanoseconds
    }
}
