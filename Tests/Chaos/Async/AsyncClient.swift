import Concurrency
import ContractReading
import HTTPMessages
import JSON
import SeededRandom
import SystemTesting

/// Places asynchronous orders, one after the other, asks for each until it is answered for good, and ends some before their time.
struct AsyncClient {
    /// Enough for any outage of this test; who needs more is not being served.
    private static let attemptsMax = 200
    private static let pauseMilliseconds = 10...250

    let service: ServiceClient
    let answers: AsyncAnswers
    var random: SeededRandom
    /// Whether to give up instead of asking again.
    let isOver: @Sendable () -> Bool

    /// Asks until there is an answer for good, and keeps it.
    ///
    /// - Returns: the order's id; nil where there is none.
    mutating func place(_ plan: AsyncPlan) -> Int64? {
        guard let reply = ask(plan, .post, "/api/v1/orders", plan.body, key: plan.key) else { return nil }
        guard reply.status == 202, let orderID = reply.json["orderId"]?.integer else {
            let code = reply.code ?? "\(reply.status)"
            answers.record(refused: code, of: plan)
            if code != "product-inactive" || !plan.hasFading {
                answers.recordUnexpected("\(plan.key) was refused: \(code)")
            }
            return nil
        }
        answers.record(accepted: orderID, body: reply.response.body, of: plan)
        return orderID
    }

    /// Sends another payload under a key that has its answer.
    mutating func misuse(_ plan: AsyncPlan) {
        guard let reply = ask(plan, .post, "/api/v1/orders", plan.otherBody, key: plan.key) else { return }
        if reply.code == "idempotency-key-reused" { return }
        answers.recordUnexpected("\(plan.key) with another payload was answered \(reply.status) \(reply.code ?? "")")
    }

    /// Ends an order as it is wished, after the wish's time.
    mutating func fulfill(_ plan: AsyncPlan, _ orderID: Int64) {
        guard let (wish, milliseconds) = plan.wish else { return }
        Thread.sleep(milliseconds: milliseconds)
        let target =
            switch wish {
            case .cancel: "/api/v1/orders/\(orderID)/cancel"
            case .cancelByOperator: "/admin/orders/\(orderID)/cancel"
            case .discard: "/admin/sagas/\(orderID)/discard"
            }
        guard
            let reply = ask(plan, .post, target, nil, key: "end-of-\(plan.key)", asCustomer: wish == .cancel)
        else { return }
        switch (wish, reply.status, reply.code) {
        case (.discard, 200, _): answers.record(end: .discarded, of: plan)
        case (.cancel, 200, _), (.cancelByOperator, 200, _): answers.record(end: .canceled, of: plan)
        // It was rejected first.
        case (.cancel, 409, "order-not-cancelable"), (.cancelByOperator, 409, "order-not-cancelable"): break
        case (.discard, 409, "saga-not-discardable"), (.discard, 404, _): break
        default:
            answers.recordUnexpected("\(wish) of \(plan.key) was answered \(reply.status) \(reply.code ?? "")")
        }
    }

    /// Follows an order's status until its end, each time waiting for the next one.
    mutating func watch(_ plan: AsyncPlan, _ orderID: Int64) {
        var known = (version: Int64(0), rank: -1)
        for _ in 0..<AsyncClient.attemptsMax {
            guard !isOver() else { return }
            var headers: HeaderFields = ["Prefer": "wait=2", "Authorization": authorization(plan)]
            if known.version > 0 { headers["If-None-Match"] = "\"\(known.version)\"" }
            guard let reply = attempt(plan.key, .get, "/api/v1/orders/\(orderID)/status", nil, headers),
                reply.status != 304
            else { continue }
            guard reply.status == 200, let version = reply.data["version"]?.integer,
                let rank = AsyncClient.rank(of: reply.data["status"]?.string)
            else {
                if reply.status < 500 { answers.recordUnexpected("\(plan.key)'s status was answered \(reply.status)") }
                Thread.sleep(milliseconds: Int.random(in: AsyncClient.pauseMilliseconds, using: &random))
                continue
            }
            if version < known.version || rank < known.rank || (version == known.version) != (rank == known.rank) {
                answers.recordUnexpected(
                    "\(plan.key) went from version \(known.version) to \(version) with \(reply.data["status"]?.string ?? "")"
                )
            }
            known = (version, rank)
            if rank >= AsyncClient.endRank { return answers.countWatched() }
        }
    }

    private static let endRank = 3

    /// No order goes back.
    private static func rank(of status: String?) -> Int? {
        switch status {
        case "PENDING": 0
        case "STOCK_RESERVED": 1
        case "PAID": 2
        case "CONFIRMED": endRank
        case "REJECTED", "CANCELED": endRank + 1
        default: nil
        }
    }

    /// The first answer that no repetition would change; nil where there is none until it is over.
    private mutating func ask(
        _ plan: AsyncPlan, _ method: Method, _ target: String, _ body: String?, key: String, asCustomer: Bool = true
    ) -> Reply? {
        var last: Reply?
        for _ in 0..<AsyncClient.attemptsMax {
            var headers: HeaderFields = ["X-Idempotency-Key": key]
            if asCustomer { headers["Authorization"] = authorization(plan) }
            let reply = attempt(key, method, target, body, headers)
            if let reply, reply.status < 300 || (reply.status < 500 && reply.json["retryable"]?.bool == false) {
                return reply
            }
            last = reply ?? last
            guard !isOver() else { return nil }
            Thread.sleep(milliseconds: Int.random(in: AsyncClient.pauseMilliseconds, using: &random))
        }
        // A capture that meets a failing gateway may go on for longer than any client of this test.
        if last?.code == "payment-in-progress" {
            answers.record(putOff: plan)
        } else {
            let told = last.map { "\($0.status) \($0.code ?? "")" } ?? "nothing"
            answers.recordUnexpected(
                "\(key) is not answered for good after \(AsyncClient.attemptsMax) attempts, the last with \(told)")
        }
        return nil
    }

    private mutating func attempt(
        _ key: String, _ method: Method, _ target: String, _ body: String?, _ headers: HeaderFields
    ) -> Reply? {
        var headers = headers
        // Half of the clients are in a hurry; the others leave the limit to the services.
        let hurry = Bool.random(using: &random) ? Int.random(in: 500...4000, using: &random) : nil
        if let hurry { headers["X-Request-Timeout-Ms"] = String(hurry) }
        do {
            let reply = try service.send(
                method, target, body, headers: headers, timeoutMilliseconds: (hurry ?? 10_000) + 500)
            answers.count(status: reply.status)
            if reply.status == 500 { answers.recordUnexpected("\(key) met an internal error at \(target)") }
            return reply
        } catch let error as ContractViolation {
            answers.recordUnexpected("\(key): \(error)")
        } catch {
            answers.count(status: 0)
        }
        return nil
    }

    private func authorization(_ plan: AsyncPlan) -> String {
        "Bearer \(RunningSystem.customerToken(plan.customer.id))"
    }
}
