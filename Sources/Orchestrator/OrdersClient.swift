import Concurrency
import CurlHTTPClient
import CustomerLookup
import HTTPMessages
import JSON
import Resilience
import Telemetry
import WebApplication

/// The Orders API, as far as an orchestration needs it. Every change carries a key, so every call can be repeated.
struct OrdersClient: Sendable {
    /// What a step came to.
    struct Answer {
        /// The order, as the Orders API wrote it.
        let order: JSONObject
        /// Whether the step had been done before, under the same key.
        let isReplay: Bool
    }

    private let client: ResilientClient
    private let token: ServiceToken

    init(_ client: ResilientClient, token: ServiceToken) {
        self.client = client
        self.token = token
    }

    /// - Throws: `.refused` with the Orders API's problem, `.unavailable`, `.outOfTime`.
    func create(
        _ order: OrderRequest, for customer: CustomerSnapshot, _ call: CallContext
    ) throws(CreateAndConfirmError) -> Answer {
        try answerToCreate(order, customer, call)
    }

    /// What the key's first attempt to create came to; nil if it has none. Nothing is made.
    ///
    /// - Throws: as `create`.
    func created(_ order: OrderRequest, _ call: CallContext) throws(CreateAndConfirmError) -> Answer? {
        do throws(CreateAndConfirmError) {
            return try answerToCreate(order, nil, call)
        } catch .refused(let problem) where problem.isOfUnknownKey {
            return nil
        } catch {
            throw error
        }
    }

    private func answerToCreate(
        _ order: OrderRequest, _ customer: CustomerSnapshot?, _ call: CallContext
    ) throws(CreateAndConfirmError) -> Answer {
        let body = JSONWriter.object { writer in
            writer.member("customer_id", order.customerID)
            writer.member(
                "items",
                array: { writer in
                    for item in order.items {
                        writer.object { writer in
                            writer.member("product_id", item.productID)
                            writer.member("qty", item.quantity)
                        }
                    }
                })
            writer.member("customer", customer)
            writer.member("idempotency_key", order.key.text)
        }
        return try answer(
            .post, "internal/create-order", StepKey(.create, of: order.key, caller: call.caller), body, call)
    }

    /// - Throws: as `create`.
    func confirm(id: Int64, _ key: IdempotencyKey, _ call: CallContext) throws(CreateAndConfirmError) -> Answer {
        try answer(.post, "\(id)/confirm", StepKey(.confirm, of: key, caller: call.caller), [], call)
    }

    /// - Throws: as `create`.
    func cancel(id: Int64, _ key: IdempotencyKey, _ call: CallContext) throws(CreateAndConfirmError) -> Answer {
        try answer(.post, "\(id)/cancel", StepKey(.cancel, of: key, caller: call.caller), [], call)
    }

    /// - Throws: as `create`.
    func find(id: Int64, _ call: CallContext) throws(CreateAndConfirmError) -> Answer {
        try answer(.get, "find-one/\(id)", nil, [], call)
    }

    /// Has some of the orders canceled that nobody confirmed in time.
    ///
    /// - Returns: how many were, and whether more may be left.
    /// - Throws: as `create`.
    func cancelAbandoned(
        _ call: CallContext
    ) throws(CreateAndConfirmError) -> (canceledCount: Int64, hasMore: Bool) {
        let request = Request(
            .post, "/admin/orders/internal/cancel-abandoned", headers: call.headers(token: token))
        let response = try send(request, call)
        let data = (try? JSONParser.parse(response.body))?["data"]
        guard response.status.isSuccess, let count = data?["canceled_count"]?.integer,
            let hasMore = data?["has_more"]?.bool
        else { throw .unavailable("The Orders API answered \(response.status) to the sweep.") }
        return (count, hasMore)
    }

    private func answer(
        _ method: Method, _ path: String, _ key: StepKey?, _ body: [UInt8], _ call: CallContext
    ) throws(CreateAndConfirmError) -> Answer {
        var request = Request(method, "/admin/orders/\(path)", headers: call.headers(token: token), body: body)
        if let key { request.headers["X-Idempotency-Key"] = key.text }
        if !body.isEmpty { request.headers["Content-Type"] = "application/json" }
        let response = try send(request, call)
        let json = try? JSONParser.parse(response.body)
        if response.status.isSuccess, let order = json?["data"]?.object {
            return Answer(order: order, isReplay: response.headers["Idempotency-Replayed"] == "true")
        }
        guard let problem = UpstreamProblem(response, json) else {
            throw .unavailable("The Orders API answered \(response.status), without a problem or an order.")
        }
        throw problem.isPassedOn ? .refused(problem) : .unavailable("The Orders API answered \(problem.code).")
    }

    /// Sends the request until it is answered by something else than "in use", within the deadline.
    private func send(_ request: Request, _ call: CallContext) throws(CreateAndConfirmError) -> Response {
        while true {
            let response: Response
            do throws(TransportError) {
                response = try client.send(request, repeatable: .always, by: call.deadline, tracer: call.tracer)
            } catch {
                if case .deadlineExceeded = error { throw .outOfTime }
                throw .unavailable(error.message, retryAfterSeconds: error.retryAfterSeconds)
            }
            // Another process works on the same step of the same key: its answer will be ours.
            guard response.status == .conflict, let retryAfter = response.headers["Retry-After"].flatMap(Int.init),
                retryAfter > 0,
                call.deadline.leavingTimeToAnswer.remainingMilliseconds > retryAfter * 1000
            else { return response }
            Thread.sleep(milliseconds: retryAfter * 1000)
        }
    }
}
