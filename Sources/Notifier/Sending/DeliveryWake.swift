import Concurrency

/// Tells the dispatcher of this process that there is something to do.
final class DeliveryWake: Sendable {
    let signal = WakeSignal()
    private let gates: DeliveryGates
    private let hasEndpoints = Lock(false)

    init(gates: DeliveryGates) { self.gates = gates }

    /// Deliveries were queued.
    func noteQueued() {
        gates.noteDue()
        signal.fire()
    }

    /// Endpoints were changed.
    func noteEndpoints() {
        hasEndpoints.withLock { $0 = true }
        noteQueued()
    }

    /// A sender has become free.
    func noteFree() { signal.fire() }

    /// Whether endpoints were changed since this was asked last.
    func takeEndpoints() -> Bool {
        hasEndpoints.withLock { hasEndpoints in
            defer { hasEndpoints = false }
            return hasEndpoints
        }
    }
}
