import Concurrency
import Foundation
import HTTPMessages
import JSON
import SystemTesting

/// What a client is told for good.
enum Answer: Sendable, Equatable {
    /// With the bytes of `data`, as they stand in the body.
    case confirmed(data: String)
    /// With all of the problem that does not tell one call from another.
    case refused(code: String, detail: String)

    /// Nil for an answer that invites to ask again.
    init?(_ reply: Reply) {
        if reply.status == 201 {
            let body = String(decoding: reply.response.body, as: UTF8.self)
            guard let member = body.range(of: #""data":"#) else { return nil }
            self = .confirmed(data: String(body[member.upperBound...]))
            return
        }
        guard reply.status < 500, reply.json["retryable"]?.bool == false, let code = reply.code else { return nil }
        self = .refused(code: code, detail: reply.json["detail"]?.string ?? "")
    }
}

/// The answers of all keys, and everything that was not as promised.
final class Answers: Sendable {
    private struct State {
        var answers: [Answer?]
        var changed = 0
        var unexpected = 0
        var violations: [String] = []
        var statuses: [Int: Int] = [:]
    }

    /// 20 say what is wrong; ten thousand would say no more.
    private static let findingsMax = 20

    private let state: Lock<State>

    init(count: Int) { state = Lock(State(answers: Array(repeating: nil, count: count))) }

    subscript(number: Int) -> Answer? { state.withLock { $0.answers[number] } }
    var all: [Answer?] { state.withLock(\.answers) }
    var changed: Int { state.withLock(\.changed) }
    var unexpected: Int { state.withLock(\.unexpected) }
    var violations: [String] { state.withLock(\.violations) }

    /// Calls by status; 0 stands for those that came to no answer.
    var statuses: [Int: Int] { state.withLock(\.statuses) }

    func count(status: Int) { state.withLock { $0.statuses[status, default: 0] += 1 } }

    /// Keeps the first answer of a key, and holds each later one against it.
    func record(_ answer: Answer, of plan: OrderPlan) {
        state.withLock { state in
            guard let first = state.answers[plan.number] else {
                state.answers[plan.number] = answer
                return
            }
            guard first != answer else { return }
            state.changed += 1
            Answers.note("\(plan.key) was answered \(first), and then \(answer)", in: &state)
        }
    }

    /// An answer that there is no reason for.
    func recordUnexpected(_ violation: String) {
        state.withLock { state in
            state.unexpected += 1
            Answers.note(violation, in: &state)
        }
    }

    private static func note(_ violation: String, in state: inout State) {
        if state.violations.count < findingsMax { state.violations.append(violation) }
    }
}
