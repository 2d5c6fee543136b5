import HTTPMessages
import Idempotency
import JSON
import WebApplication
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
        let body = ReadBody(try request.jsonObject(), NewCustomer.init)
        let claim = try request.idempotencyKey().map {
            IdempotencyClaim($0, operation: "createCustomer", payload: body.payload)
        }
        return try replies.reply(to: request, claim, context) { () throws(Problem) in
            let new = try body.value.get()
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
        let known = try request.ifNoneMatch()
        do throws(CustomerError) {
            guard let id = context.id else { throw .notFound }
            let customer = try service.get(id: id, by: context.deadline)
            return .data(customer, customer.entityTag, unlessKnown: known)
        } catch {
            throw Problem(error)
        }
    }

    private func update(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let body = ReadBody(try request.jsonObject(), CustomerChanges.init)
        return try change(request, context, operation: "updateCustomer", body.value, payload: body.payload)
    }

    /// A change like any other, to `is_active` alone: so it is idempotent by nature.
    private func deactivate(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        try change(request, context, operation: "deactivateCustomer", .success(.deactivation), payload: nil)
    }

    private func change(
        _ request: Request, _ context: RequestContext, operation: String, _ changes: Result<CustomerChanges, Problem>,
        payload: JSONObject?
    ) throws(Problem) -> Response {
        guard let id = context.id else { throw Problem(CustomerError.notFound) }
        let claim = try request.idempotencyKey().map {
            IdempotencyClaim($0, operation: operation, resourceID: id, payload: payload)
        }
        return try replies.reply(to: request, claim, context) { () throws(Problem) in
            let changes = try changes.get()
            let expected = try request.ifMatch()
            do throws(CustomerError) {
                return try service.update(id: id, changes, of: expected, claim, by: context.deadline)
            } catch {
                throw Problem(error)
            }
        }
    }
}
