import Concurrency
import CustomerLookup
import FaultPoints
import HTTPMessages
import JSON
import Telemetry
import WebApplication

/// Asks for the customer, creates an order and confirms it: the last two are steps in the Orders API, each under a key made
/// from the caller's. Nothing is kept here, so a call that was cut off anywhere is resumed by repeating it, in this process or
/// in any other.
struct CreateAndConfirmOrder: Sendable {
    static let path = "/orchestrator/create-and-confirm-order"
    /// 2 s at most for the customer, who is told in milliseconds: time for one repetition after a `Retry-After` of a second.
    private static let customerMillisecondsMax = 2000
    private static let foreignAnswer = "The Orders API's answer is not the order that its contract describes."

    let customers: CustomerDirectory
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
        let call = context.call.with(correlationID: correlationID)
        do throws(Problem) {
            let order = try OrderRequest(request, body)
            call.note(idempotencyKey: order.key.text)
            do { return try response(to: order, call) } catch { throw Problem(error) }
        } catch {
            var problem = error
            problem.extensions += CreateAndConfirmOrder.problemExtensions(correlationID)
            problem.headers["X-Correlation-Id"] = correlationID
            throw problem
        }
    }

    private func response(
        to order: OrderRequest, _ call: CallContext
    ) throws(CreateAndConfirmError) -> Response {
        let created = try create(order, call)
        guard let id = created.order["id"]?.integer else { throw .unavailable(CreateAndConfirmOrder.foreignAnswer) }
        call.note("order_id", id)
        let confirmed = try confirm(id: id, order.key, call)
        guard confirmed.order["id"]?.integer == id else { throw .unavailable(CreateAndConfirmOrder.foreignAnswer) }
        var response = Response.json(.created) { writer in
            writer.member("success", true)
            writer.member("correlationId", call.correlationID)
            writer.member(
                "data",
                object: { writer in
                    writer.member("customer", confirmed.order["customer"] ?? .null)
                    writer.member(
                        "order",
                        object: { writer in
                            writer.member("id", id)
                            writer.member("status", "CONFIRMED")
                            for name in ["total_cents", "items"] {
                                writer.member(name, confirmed.order[name] ?? .null)
                            }
                        })
                })
        }
        response.headers["X-Correlation-Id"] = call.correlationID
        if confirmed.isReplay { response.headers["Idempotency-Replayed"] = "true" }
        return response
    }

    /// Creates the order. The key decides before the customer does: where there is no customer who may order, or nobody who
    /// can say so, a key that has its order goes on from there.
    private func create(
        _ order: OrderRequest, _ call: CallContext
    ) throws(CreateAndConfirmError) -> OrdersClient.Answer {
        let customer: CustomerSnapshot
        do throws(CustomerLookupError) {
            customer = try self.customer(order.customerID, call)
        } catch {
            faultPoint("orchestrator.known.before-send")
            let known = try orders.created(order, call)
            faultPoint("orchestrator.known.after-send")
            guard let known else { throw .customer(error) }
            return known
        }
        faultPoint("orchestrator.create.before-send")
        let created = try orders.create(order, for: customer, call)
        faultPoint("orchestrator.create.after-send")
        return created
    }

    /// The customer, remembered or asked for within a part of the time: what is left is for the Orders API, which may know the key.
    private func customer(_ id: Int64, _ call: CallContext) throws(CustomerLookupError) -> CustomerSnapshot {
        if let known = customers.known(id: id) { return known }
        let milliseconds = min(
            CreateAndConfirmOrder.customerMillisecondsMax, call.deadline.remainingMilliseconds / 2)
        do throws(CustomerLookupError) {
            faultPoint("orchestrator.customer.before-send")
            let customer = try customers.activeCustomer(
                id: id, call.with(deadline: .after(milliseconds: milliseconds)))
            faultPoint("orchestrator.customer.after-send")
            return customer
        } catch .outOfTime where !call.deadline.hasPassed {
            throw .unavailable("The Customers API did not answer within \(milliseconds) ms.", retryAfterSeconds: nil)
        } catch {
            throw error
        }
    }

    /// Confirms the order. One that cannot be confirmed any more is canceled, so that no stock is held by an order that its
    /// caller was told has failed; the keys of both steps keep their answers, so a repetition fails alike.
    private func confirm(
        id: Int64, _ key: IdempotencyKey, _ call: CallContext
    ) throws(CreateAndConfirmError) -> OrdersClient.Answer {
        let refusal: UpstreamProblem
        do throws(CreateAndConfirmError) {
            faultPoint("orchestrator.confirm.before-send")
            let confirmed = try orders.confirm(id: id, key, call)
            faultPoint("orchestrator.confirm.after-send")
            guard confirmed.order["status"]?.string == "CONFIRMED" else {
                throw .unavailable(CreateAndConfirmOrder.foreignAnswer)
            }
            return confirmed
        } catch .refused(let problem) where problem.status == .conflict && !problem.isRetryable {
            refusal = problem
        } catch {
            throw error
        }
        // Somebody had confirmed it under a key of their own: it was what the caller wants it to be. The key keeps that, so
        // a repetition is answered alike even if the order has been canceled since. Nothing else of an order changes.
        if refusal.orderStatus == "CONFIRMED" {
            faultPoint("orchestrator.find.before-send")
            let present = try orders.find(id: id, call)
            faultPoint("orchestrator.find.after-send")
            return OrdersClient.Answer(order: present.order, isReplay: refusal.isReplay)
        }
        faultPoint("orchestrator.cancel.before-send")
        _ = try orders.cancel(id: id, key, call)
        faultPoint("orchestrator.cancel.after-send")
        throw .refused(refusal)
    }
}
