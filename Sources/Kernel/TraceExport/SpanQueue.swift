internal import Concurrency
internal import Telemetry

/// Spans on their way to a collector. Whoever adds one never waits.
final class SpanQueue: Sendable {
    /// 512 spans a request, as OpenTelemetry has it: some 300 KB.
    static let batchMax = 512

    /// Why a span never arrives.
    enum Loss: String, CaseIterable {
        /// As many as may wait did.
        case queueFull = "queue_full"
        /// The collector would not have it.
        case refused
        /// The collector could not be asked, several times.
        case unreachable
        /// The process ended.
        case shutdown
    }

    private struct State {
        var waiting: [Span] = []
        /// Taken, and neither sent nor given up.
        var sendingCount = 0
        var sent: UInt64 = 0
        var lost: [Loss: UInt64] = [:]
    }

    private let countMax: Int
    private let state = Lock(State())

    /// - Parameter countMax: of the spans that wait or are being sent.
    init(countMax: Int) { self.countMax = countMax }

    var sent: UInt64 { state.withLock { $0.sent } }
    /// Whether nothing waits, and nothing is being sent.
    var isEmpty: Bool { state.withLock { $0.waiting.isEmpty && $0.sendingCount == 0 } }

    func lost(_ loss: Loss) -> UInt64 { state.withLock { $0.lost[loss] ?? 0 } }

    /// Adds a span, or counts it as lost where there is no place.
    ///
    /// - Returns: whether a whole batch has come together by this one.
    func add(_ span: Span) -> Bool {
        state.withLock { state in
            guard state.waiting.count + state.sendingCount < countMax else {
                state.lost[.queueFull, default: 0] += 1
                return false
            }
            state.waiting.append(span)
            return state.waiting.count % min(SpanQueue.batchMax, countMax) == 0
        }
    }

    /// Whether a whole batch waits.
    var hasBatch: Bool { state.withLock { $0.waiting.count >= SpanQueue.batchMax } }

    /// The next spans to send, the oldest; `settle` or `putBack` has to follow.
    func take() -> [Span] {
        state.withLock { state in
            let batch = Array(state.waiting.prefix(SpanQueue.batchMax))
            state.waiting.removeFirst(batch.count)
            state.sendingCount += batch.count
            return batch
        }
    }

    /// What became of spans that were taken: those that were not lost have arrived.
    func settle(_ count: Int, lostCount: Int = 0, _ loss: Loss = .refused) {
        state.withLock { state in
            state.sendingCount -= count
            state.sent += UInt64(count - lostCount)
            if lostCount > 0 { state.lost[loss, default: 0] += UInt64(lostCount) }
        }
        state.broadcast()
    }

    /// Has spans that were taken wait again, before all others.
    func putBack(_ batch: [Span]) {
        state.withLock { state in
            state.sendingCount -= batch.count
            state.waiting.insert(contentsOf: batch, at: 0)
        }
        state.broadcast()
    }

    /// Counts what waits as lost.
    ///
    /// - Returns: how many there were.
    func giveUp() -> Int {
        state.withLock { state in
            let count = state.waiting.count
            if count > 0 { state.lost[.shutdown, default: 0] += UInt64(count) }
            state.waiting = []
            return count
        }
    }

    /// Waits until nothing waits and nothing is being sent.
    ///
    /// - Returns: false when `deadline` comes first.
    func waitUntilEmpty(by deadline: Deadline) -> Bool {
        state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { state in
            state.waiting.isEmpty && state.sendingCount == 0 ? true : nil
        } ?? false
    }
}
