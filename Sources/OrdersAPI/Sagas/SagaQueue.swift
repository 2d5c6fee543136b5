import Concurrency

/// The sagas that this process has leased and nobody has begun with.
final class SagaQueue: Sendable {
    /// What a thread does next.
    enum Batch: Sendable {
        /// Together, since they wait for the same products.
        case reserve([LeasedSaga])
        case pay(LeasedSaga)
    }

    /// 50 orders a transaction: hot products are then locked once for all of them.
    static let reserveMax = 50
    /// 2 transactions at a time take stock: more would only wait for each other's products, and make smaller batches.
    private static let reservingMax = 2
    /// 512: some 10 batches; what has no place waits in the database, due for whoever has one.
    static let countMax = 512

    private struct State {
        var toReserve: [LeasedSaga] = []
        var toPay: [LeasedSaga] = []
        var reservingCount = 0

        var count: Int { toReserve.count + toPay.count }

        mutating func take() -> Batch? {
            // One thread always takes stock where there is some to take: a gateway that is slow must not keep it from that.
            if reservingCount == 0, let batch = takeToReserve() { return batch }
            // What is paid for soonest holds stock for the shortest time.
            if !toPay.isEmpty { return .pay(toPay.removeFirst()) }
            return takeToReserve()
        }

        private mutating func takeToReserve() -> Batch? {
            guard !toReserve.isEmpty, reservingCount < SagaQueue.reservingMax else { return nil }
            let batch = Array(toReserve.prefix(SagaQueue.reserveMax))
            toReserve.removeFirst(batch.count)
            reservingCount += 1
            return .reserve(batch)
        }
    }

    private let state = Lock(State())

    var count: Int { state.withLock { $0.count } }

    /// Adds sagas.
    ///
    /// - Returns: those that have no place.
    func add(_ sagas: [LeasedSaga]) -> [LeasedSaga] {
        guard !sagas.isEmpty else { return [] }
        let rest = state.withLock { state in
            let placeCount = max(SagaQueue.countMax - state.count, 0)
            for saga in sagas.prefix(placeCount) {
                if saga.saga.step == .reserve { state.toReserve.append(saga) } else { state.toPay.append(saga) }
            }
            return Array(sagas.dropFirst(placeCount))
        }
        if sagas.count == 1 { state.signal() } else { state.broadcast() }
        return rest
    }

    /// The next batch whose leases are not over; `didReserve` follows one of `.reserve`.
    ///
    /// - Returns: nil when `deadline` comes first.
    func take(by deadline: Deadline) -> Batch? {
        while true {
            guard
                let batch = state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds, for: { $0.take() })
            else { return nil }
            switch batch {
            case .pay(let saga): if !saga.leasedUntil.hasPassed { return batch }
            case .reserve(let sagas):
                let kept = sagas.filter { !$0.leasedUntil.hasPassed }
                if !kept.isEmpty { return .reserve(kept) }
                didReserve()
            }
        }
    }

    func didReserve() {
        state.withLock { $0.reservingCount -= 1 }
        state.signal()
    }

    /// Empties the queue.
    ///
    /// - Returns: what was in it.
    func takeAll() -> [LeasedSaga] {
        state.withLock { state in
            defer {
                state.toReserve = []
                state.toPay = []
            }
            return state.toReserve + state.toPay
        }
    }
}
