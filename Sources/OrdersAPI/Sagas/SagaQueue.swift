import Concurrency

/// Sagas of one kind that this process has leased and nobody has begun with.
final class SagaQueue: Sendable {
    /// 300: six batches; what has no place waits in the database, due for whoever has one.
    static let lengthMax = 300

    private let sagas = Lock<[LeasedSaga]>([])

    /// How many more sagas have a place.
    var placeCount: Int { sagas.withLock { max(SagaQueue.lengthMax - $0.count, 0) } }

    /// Adds sagas.
    ///
    /// - Returns: those that have no place.
    func add(_ added: [LeasedSaga]) -> [LeasedSaga] {
        guard !added.isEmpty else { return [] }
        let rest = sagas.withLock { sagas in
            let count = max(SagaQueue.lengthMax - sagas.count, 0)
            sagas += added.prefix(count)
            return Array(added.dropFirst(count))
        }
        if added.count == 1 { sagas.signal() } else { sagas.broadcast() }
        return rest
    }

    /// The next sagas whose leases are not over.
    ///
    /// - Parameter max: how many at most.
    /// - Returns: none when `deadline` comes first.
    func take(max: Int, by deadline: Deadline) -> [LeasedSaga] {
        while true {
            let taken = sagas.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { sagas in
                guard !sagas.isEmpty else { return nil as [LeasedSaga]? }
                defer { sagas.removeFirst(min(max, sagas.count)) }
                return Array(sagas.prefix(max))
            }
            guard let taken else { return [] }
            let kept = taken.filter { !$0.leasedUntil.hasPassed }
            if !kept.isEmpty { return kept }
        }
    }

    /// Empties the queue.
    ///
    /// - Returns: what was in it.
    func takeAll() -> [LeasedSaga] {
        sagas.withLock { sagas in
            defer { sagas = [] }
            return sagas
        }
    }
}
