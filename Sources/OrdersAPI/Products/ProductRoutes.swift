import HTTPMessages
import Idempotency
import JSON
import WebApplication
import WordSearch

/// The products' operations in HTTP.
struct ProductRoutes {
    let service: ProductService
    let replies: IdempotentReplies
    let cursor: PageCursor

    var routes: [Route] {
        [
            Route("createProduct", .post, "/admin/products/create-product", access: .apiToken, handler: create),
            Route("listProducts", .get, "/admin/products/find-all", access: .apiToken, handler: list),
            Route("getProduct", .get, "/admin/products/find-one/{id}", access: .apiToken, handler: get),
            Route("updateProduct", .patch, "/admin/products/update/{id}", access: .apiToken, handler: update),
            Route(
                "deactivateProduct", .patch, "/admin/products/logic-delete/{id}", access: .apiToken,
                handler: deactivate),
        ]
    }

    private func create(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let body = ReadBody(try request.jsonObject(), NewProduct.init)
        let claim = try request.idempotencyKey().map {
            IdempotencyClaim($0, operation: "createProduct", payload: body.payload)
        }
        return try replies.reply(to: request, claim, context) { () throws(Problem) in
            let new = try body.value.get()
            do throws(ProductError) {
                return try service.create(new, claim, by: context.deadline)
            } catch {
                throw Problem(error)
            }
        }
    }

    private func list(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        var query = QueryReader(request)
        let filter = ProductFilter(search: query.search(), isActive: query.boolean("is_active"))
        let page = try PageRequest(&query, filter: filter.description, cursor: cursor)
        do throws(ProductError) {
            let rows = try service.list(
                filter, beforeID: page.beforeID, limit: page.limit + 1, by: context.deadline)
            return Page(rows: rows, limit: page.limit).response(to: request, page, cursor: cursor)
        } catch {
            throw Problem(error)
        }
    }

    private func get(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        do throws(ProductError) {
            guard let id = context.id else { throw .notFound }
            let product = try service.get(id: id, by: context.deadline)
            return .data(product, product.entityTag)
        } catch {
            throw Problem(error)
        }
    }

    private func update(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let body = ReadBody(try request.jsonObject(), ProductChanges.init)
        return try change(request, context, operation: "updateProduct", body.value, payload: body.payload)
    }

    /// A change like any other, to `is_active` alone: so it is idempotent by nature.
    private func deactivate(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        try change(request, context, operation: "deactivateProduct", .success(.deactivation), payload: nil)
    }

    private func change(
        _ request: Request, _ context: RequestContext, operation: String, _ changes: Result<ProductChanges, Problem>,
        payload: JSONObject?
    ) throws(Problem) -> Response {
        guard let id = context.id else { throw Problem(ProductError.notFound) }
        let claim = try request.idempotencyKey().map {
            IdempotencyClaim($0, operation: operation, resourceID: id, payload: payload)
        }
        return try replies.reply(to: request, claim, context) { () throws(Problem) in
            let changes = try changes.get()
            let expected = try request.ifMatch()
            do throws(ProductError) {
                return try service.update(id: id, changes, of: expected, claim, by: context.deadline)
            } catch {
                throw Problem(error)
            }
        }
    }
}
