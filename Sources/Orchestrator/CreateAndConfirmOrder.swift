import HTTPServer
import HTTPTypes
import JSON
import Resilience

/// Creates an order and confirms it: two steps in the Orders API, each under a key made from the caller's. Nothing is kept
/// here, so a call that was cut off anywhere is resumed by repeating it, in this process or in any other.
struct CreateAndConfirmOrder: Sendable {
    static let path = "/orchestrator/create-and-confirm-order"
    private static let foreignAnswer = "The Orders API's answer is not the order that its contract describes."

    let orders: OrdersClient

    var routes: [Route] {
        [
            Route(
                "createAndConfirmOrder", .post, CreateAndConfirmOrder.path, access: .apiToken, handler: handle)
        ]
    }

    /// What every problem of this service carries besides the standard members.
    @Sendable static func problemExtensions(_ correlationID: String) -> [(name: String, value: JSONValue)] {
        [("success", .bool(false)), ("correlationId", .string(correlationID))]
    }

    private func handle(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let body = try request.jsonObject()
        let correlationID = OrderRequest.correlationID(body) ?? context.correlationID
        let context = context.with(correlationID: correlationID)
        do throws(Problem) {
            let order = try OrderRequest(request, body)
            do { return try response(to: order, context) } catch { throw Problem(error) }
        } catch {
            var problem = error
            problem.extensions += CreateAndConfirmOrder.problemExtensions(correlationID)
            problem.headers["X-Correlation-Id"] = correlationID
            throw problem
        }
    }

    private func response(
        to order: OrderRequest, _ context: RequestContext
    ) throws(CreateAndConfirmError) -> Response {
        let created = try orders.create(order, context)
        guard let id = created.order["id"]?.integer else { throw .unavailable(CreateAndConfirmOrder.foreignAnswer) }
        let confirmed = try confirm(id: id, order.key, context)
        guard confirmed.order["id"]?.integer == id, confirmed.order["status"]?.string == "CONFIRMED" else {
            throw .unavailable(CreateAndConfirmOrder.foreignAnswer)
        }
        var response = Response.json(.created) { writer in
            writer.member("success", true)
            writer.member("correlationId", context.correlationID)
            writer.member(
                "data",
                object: { writer in
                    writer.member("customer", confirmed.order["customer"] ?? .null)
                    writer.member(
                        "order",
                        object: { writer in
                            for name in ["id", "status", "total_cents", "items"] {
                                writer.member(name, confirmed.order[name] ?? .null)
                            }
                        })
                })
        }
        response.headers["X-Correlation-Id"] = context.correlationID
        if confirmed.isReplay { response.headers["Idempotency-Replayed"] = "true" }
        return response
    }

    /// Confirms the order. One that cannot be confirmed any more is cancelled, so that no stock is held by an order that its
    /// caller was told has failed; the keys of both steps keep their answers, so a repetition fails alike.
    private func confirm(
        id: Int64, _ key: IdempotencyKey, _ context: RequestContext
    ) throws(CreateAndConfirmError) -> OrdersClient.Answer {
        do {
            return try orders.confirm(id: id, key, context)
        } catch .refused(let problem) where problem.status == .conflict && !problem.isRetryable {
            // Somebody may have confirmed it under a key of their own: then it is what the caller wants it to be.
            let present = try orders.find(id: id, context)
            if present.order["status"]?.string == "CONFIRMED" { return present }
            _ = try orders.cancel(id: id, key, context)
            throw .refused(problem)
        } catch {
            throw error
        }
    }
}
