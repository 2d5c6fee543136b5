import Concurrency
import ContractReading
import CurlHTTPClient
import HTTPMessages
import SeededRandom
import SystemTesting

/// Asks for orders, one after the other, and repeats each until it is answered for good.
struct OrderingClient {
    /// Enough for any outage of this test; who needs more is not being served.
    static let attemptsMax = 200

    let service: ServiceClient
    let answers: Answers
    var random: SeededRandom
    /// Whether to give up instead of asking again.
    let isOver: @Sendable () -> Bool

    /// Asks until there is an answer for good, and keeps it.
    ///
    /// - Returns: whether there is one.
    mutating func settle(_ plan: OrderPlan) -> Bool {
        guard let answer = ask(plan, plan.body) else { return false }
        if case .refused(let code, let detail) = answer, code != "insufficient-stock" {
            answers.recordUnexpected("\(plan.key) was refused: \(code), \(detail)")
        }
        answers.record(answer, of: plan)
        return true
    }

    /// Sends another payload under a key that has its answer.
    mutating func misuse(_ plan: OrderPlan) {
        guard let answer = ask(plan, plan.otherBody) else { return }
        if case .refused(code: "idempotency-key-reused", _) = answer { return }
        answers.recordUnexpected("\(plan.key) with another payload was answered \(answer)")
    }

    private mutating func ask(_ plan: OrderPlan, _ body: String) -> Answer? {
        for _ in 0..<OrderingClient.attemptsMax {
            if let answer = attempt(plan, body) { return answer }
            guard !isOver() else { return nil }
            Thread.sleep(milliseconds: Int.random(in: 10...250, using: &random))
        }
        answers.recordUnexpected("\(plan.key) is not answered after \(OrderingClient.attemptsMax) attempts")
        return nil
    }

    private mutating func attempt(_ plan: OrderPlan, _ body: String) -> Answer? {
        // Half of the clients are in a hurry; the others leave the limit to the services.
        let hurry = Bool.random(using: &random) ? Int.random(in: 500...4000, using: &random) : nil
        do {
            let reply = try service.send(
                .post, "/orchestrator/create-and-confirm-order", body,
                headers: hurry.map { ["X-Request-Timeout-Ms": String($0)] } ?? [:],
                timeoutMilliseconds: (hurry ?? 10_000) + 500)
            answers.count(status: reply.status)
            if reply.status == 500 { answers.recordUnexpected("\(plan.key) met an internal error") }
            return Answer(reply)
        } catch let error as ContractViolation {
            answers.recordUnexpected("\(plan.key): \(error)")
        } catch {
            answers.count(status: 0)
        }
        return nil
    }
}
