import HTTPMessages
import JSON
import SystemTesting

// What the Orders API is asked for in a case.
extension AsyncCaseRunner {
    /// Asks for an order until it is accepted.
    func place(_ scenario: AsyncScenario) throws -> Int64 {
        let product =
            switch scenario {
            case .free: freeProduct
            case .shortage: scarceProduct
            case .paid, .declined, .canceledWhileHeld, .canceledAfterwards, .discarded, .late, .redriven: product
            }
        let method = scenario == .declined ? "pm_card_chargeDeclined" : "pm_card_visa"
        let body =
            #"{"items":[{"product_id":\#(product),"qty":\#(AsyncCaseRunner.quantity)}],"payment_method":"\#(method)"}"#
        var orderID: Int64?
        try eventually {
            let reply = try system.orders.send(
                .post, "/api/v1/orders", body,
                headers: [
                    "X-Idempotency-Key": "case-\(number)",
                    "Authorization": "Bearer \(RunningSystem.customerToken(customer))",
                ], timeoutMilliseconds: AsyncCaseRunner.callMilliseconds)
            orderID = reply.json["orderId"]?.integer
            return reply.status == 202
        }
        guard let orderID else { throw ServiceProcess.Failure(description: "There is no order.") }
        return orderID
    }

    /// Asks for a change until its answer is one of those that are looked for.
    func change(_ target: String, _ orderID: Int64, until isAnswer: (Int) -> Bool) throws {
        try eventually {
            try endLeases(orderID)
            return isAnswer(
                try system.orders.send(
                    .post, target, headers: ["X-Idempotency-Key": "change-\(number)"],
                    timeoutMilliseconds: AsyncCaseRunner.callMilliseconds
                ).status)
        }
    }

    func end(of orderID: Int64) throws -> AsyncScenario.End {
        let reply = try system.orders.send(
            .get, "/admin/orders/find-one/\(orderID)", timeoutMilliseconds: AsyncCaseRunner.callMilliseconds)
        return AsyncScenario.End(
            status: reply.data["status"]?.string ?? "",
            reason: reply.data["reject_reason"]?.string ?? reply.data["cancel_reason"]?.string)
    }

    func hasEnded(_ orderID: Int64) throws -> Bool {
        ["CONFIRMED", "REJECTED", "CANCELED"].contains(try end(of: orderID).status)
    }
}
