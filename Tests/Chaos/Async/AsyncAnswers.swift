import Concurrency
import SystemTesting

/// What the clients of asynchronous orders were told for good, and everything that was not as promised.
final class AsyncAnswers: Sendable {
    /// What became of a plan, as far as its clients know.
    struct Told: Sendable {
        var orderID: Int64?
        /// The whole body of the 202.
        var body: [UInt8] = []
        /// Refused for good, and never accepted.
        var refusal: String?
        /// Its end by somebody's wish, acknowledged.
        var end: End?
    }

    enum End: Sendable {
        case canceled, discarded
    }

    private struct State {
        var told: [Told]
        var changed = 0
        var unexpected = 0
        var watched = 0
        var putOff: [AsyncPlan] = []
        var violations: [String] = []
        var statuses: [Int: Int] = [:]
    }

    /// 20 say what is wrong; a thousand would say no more.
    private static let findingsMax = 20

    private let state: Lock<State>

    init(count: Int) { state = Lock(State(told: Array(repeating: Told(), count: count))) }

    subscript(number: Int) -> Told { state.withLock { $0.told[number] } }
    var all: [Told] { state.withLock(\.told) }
    var changed: Int { state.withLock(\.changed) }
    var unexpected: Int { state.withLock(\.unexpected) }
    /// Orders that were followed to their end.
    var watched: Int { state.withLock(\.watched) }
    /// Whose wishes were told to the last that the payment is in progress.
    var putOff: [AsyncPlan] { state.withLock(\.putOff) }
    var violations: [String] { state.withLock(\.violations) }
    /// Calls by status; 0 stands for those that came to no answer.
    var statuses: [Int: Int] { state.withLock(\.statuses) }

    func count(status: Int) { state.withLock { $0.statuses[status, default: 0] += 1 } }
    func countWatched() { state.withLock { $0.watched += 1 } }
    func record(putOff plan: AsyncPlan) { state.withLock { $0.putOff.append(plan) } }

    /// Keeps the first 202 of a key, and holds each later answer against it.
    func record(accepted orderID: Int64, body: [UInt8], of plan: AsyncPlan) {
        state.withLock { state in
            let told = state.told[plan.number]
            guard told.orderID != nil else {
                state.told[plan.number].orderID = orderID
                state.told[plan.number].body = body
                return
            }
            guard told.body != body else { return }
            state.changed += 1
            let bodies = [told.body, body].map { String(decoding: $0, as: UTF8.self) }
            AsyncAnswers.note("\(plan.key) was answered \(bodies[0]), and then \(bodies[1])", in: &state)
        }
    }

    /// A refusal leaves the key unused, so that it may be accepted later; what was accepted stays so.
    func record(refused code: String, of plan: AsyncPlan) {
        state.withLock { state in
            state.told[plan.number].refusal = code
            guard let orderID = state.told[plan.number].orderID else { return }
            state.changed += 1
            AsyncAnswers.note("\(plan.key) was accepted as order \(orderID), and then refused: \(code)", in: &state)
        }
    }

    func record(end: End, of plan: AsyncPlan) { state.withLock { $0.told[plan.number].end = end } }

    /// An answer that there is no reason for.
    func recordUnexpected(_ violation: String) {
        state.withLock { state in
            state.unexpected += 1
            AsyncAnswers.note(violation, in: &state)
        }
    }

    private static func note(_ violation: String, in state: inout State) {
        if state.violations.count < findingsMax { state.violations.append(violation) }
    }
}
