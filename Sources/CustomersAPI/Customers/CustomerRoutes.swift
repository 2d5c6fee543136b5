import HTTPServer
import HTTPTypes
import Idempotency
import JSON
import WordSearch

/// The customers' operations in HTTP.
struct CustomerRoutes {
    let service: CustomerService
    let replies: IdempotentReplies
    let cursor: PageCursor

    var routes: [Route] {
        [
            Route("createCustomer", .post, "/admin/customers/create-customer", access: .apiToken, handler: create),
            Route("listCustomers", .get, "/admin/customers/find-all", access: .apiToken, handler: list),
            Route("getCustomer", .get, "/admin/customers/find-one/{id}", access: .apiToken, handler: get),
            Route("updateCustomer", .patch, "/admin/customers/update/{id}", access: .apiToken, handler: update),
            Route(
                "deactivateCustomer", .patch, "/admin/customers/logic-delete/{id}", access: .apiToken,
                handler: deactivate),
            Route(
                "getCustomerInternal", .get, "/admin/customers/internal/customers/{id}", access: .serviceToken,
                handler: get),
        ]
    }

    private func create(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let body = try request.jsonObject()
        let claim = try request.idempotencyKey().map {
            IdempotencyClaim($0, operation: "createCustomer", payload: body)
        }
        return try replies.reply(to: request, claim, context) { () throws(Problem) in
            let new = try NewCustomer(body)
            do throws(CustomerError) {
                return try service.create(new, claim, by: context.deadline)
            } catch {
                throw Problem(error)
            }
        }
    }

    private func list(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        var query = QueryReader(request)
        let filter = CustomerFilter(search: query.search(), isActive: query.boolean("is_active"))
        let page = try PageRequest(&query, filter: filter.description, cursor: cursor)
        do throws(CustomerError) {
            let rows = try service.list(
                filter, beforeID: page.beforeID, limit: page.limit + 1, by: context.deadline)
            return Page(rows: rows, limit: page.limit).response(to: request, page, cursor: cursor)
        } catch {
            throw Problem(error)
        }
    }

    private func get(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        do throws(CustomerError) {
            guard let id = context.id else { throw .notFound }
            let customer = try service.get(id: id, by: context.deadline)
            return .json(.ok) { $0.member("data", customer) }
        } catch {
            throw Problem(error)
        }
    }

    private func update(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let body = try request.jsonObject()
        return try change(request, context, operation: "updateCustomer", payload: body) {
            () throws(Problem) in try CustomerChanges(body)
        }
    }

    /// A change like any other, to `is_active` alone: so it is idempotent by nature.
    private func deactivate(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        try change(request, context, operation: "deactivateCustomer", payload: nil) { () throws(Problem) in
            .deactivation
        }
    }

    private func change(
        _ request: Request, _ context: RequestContext, operation: String, payload: JSONObject?,
        _ changes: () throws(Problem) -> CustomerChanges
    ) throws(Problem) -> Response {
        guard let id = context.id else { throw Problem(CustomerError.notFound) }
        let claim = try request.idempotencyKey().map {
            IdempotencyClaim($0, operation: operation, resourceID: id, payload: payload)
        }
        return try replies.reply(to: request, claim, context) { () throws(Problem) in
            let changes = try changes()
            do throws(CustomerError) {
                return try service.update(id: id, changes, claim, by: context.deadline)
            } catch {
                throw Problem(error)
            }
        }
    }
}
