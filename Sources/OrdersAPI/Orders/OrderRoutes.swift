import HTTPMessages
import Idempotency
import JSON
import WebApplication

/// The orders' operations in HTTP.
struct OrderRoutes {
    let service: OrderService
    let replies: IdempotentReplies
    let cursor: PageCursor

    var routes: [Route] {
        [
            Route("createOrder", .post, "/admin/orders/create-order", access: .apiToken, handler: create),
            Route("confirmOrder", .post, "/admin/orders/{id}/confirm", access: .apiToken, handler: confirm),
            Route("cancelOrder", .post, "/admin/orders/{id}/cancel", access: .apiToken, handler: cancel),
            Route("listOrders", .get, "/admin/orders/find-all", access: .apiToken, handler: list),
            Route("getOrder", .get, "/admin/orders/find-one/{id}", access: .apiToken, handler: get),
        ]
    }

    private func create(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let body = ReadBody(try request.jsonObject(), OrderDraft.init(_:))
        let claim = try request.idempotencyKey().map {
            IdempotencyClaim($0, operation: "createOrder", payload: body.payload)
        }
        return try replies.reply(to: request, claim, context) { () throws(Problem) in
            let draft = try body.value.get()
            do throws(OrderError) {
                return try service.create(draft, claim, context)
            } catch {
                throw Problem(error)
            }
        }
    }

    private func confirm(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let key = try request.requiredIdempotencyKey()
        guard let id = context.id else { throw Problem(OrderError.notFound) }
        let claim = IdempotencyClaim(key, operation: "confirmOrder", resourceID: id)
        return try replies.reply(to: request, claim, context) { () throws(Problem) in
            do throws(OrderError) {
                return try service.confirm(id: id, claim, by: context.deadline)
            } catch {
                throw Problem(error)
            }
        }
    }

    private func cancel(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let key = try request.idempotencyKey()
        guard let id = context.id else { throw Problem(OrderError.notFound) }
        let claim = key.map { IdempotencyClaim($0, operation: "cancelOrder", resourceID: id) }
        return try replies.reply(to: request, claim, context) { () throws(Problem) in
            do throws(OrderError) {
                return try service.cancel(id: id, claim, by: context.deadline)
            } catch {
                throw Problem(error)
            }
        }
    }

    private func list(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        var query = QueryReader(request)
        let filter = OrderFilter(
            status: query.choice("status", Order.Status.self),
            customerID: query.integer("customer_id", in: ValueRule.identifiers),
            from: query.timestamp("from"), to: query.timestamp("to"))
        let page = try PageRequest(&query, filter: filter.description, cursor: cursor)
        do throws(OrderError) {
            let rows = try service.list(filter, beforeID: page.beforeID, limit: page.limit + 1, by: context.deadline)
            return Page(rows: rows, limit: page.limit).response(to: request, page, cursor: cursor)
        } catch {
            throw Problem(error)
        }
    }

    private func get(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        do throws(OrderError) {
            guard let id = context.id else { throw .notFound }
            let order = try service.get(id: id, by: context.deadline)
            return .json(.ok) { $0.member("data", order) }
        } catch {
            throw Problem(error)
        }
    }
}
