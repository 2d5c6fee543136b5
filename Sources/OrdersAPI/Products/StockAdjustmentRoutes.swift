import HTTPMessages
import Idempotency
import JSON
import WebApplication

/// The ledger of stock in HTTP.
struct StockAdjustmentRoutes {
    let service: StockAdjustmentService
    let replies: IdempotentReplies
    let cursor: PageCursor

    var routes: [Route] {
        [
            Route("adjustStock", .post, "/admin/products/{id}/adjust-stock", access: .apiToken, handler: adjust),
            Route(
                "listStockAdjustments", .get, "/admin/products/{id}/stock-adjustments", access: .apiToken,
                handler: list),
        ]
    }

    private func adjust(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let body = ReadBody(try request.jsonObject(), StockChange.init(_:))
        let key = try request.requiredIdempotencyKey()
        guard let id = context.id else { throw Problem(ProductError.notFound) }
        let claim = IdempotencyClaim(key, operation: "adjustStock", resourceID: id, payload: body.payload)
        return try replies.reply(to: request, claim, context) { () throws(Problem) in
            let change = try body.value.get()
            do throws(ProductError) {
                return try service.adjust(productID: id, by: change, claim, by: context.deadline)
            } catch {
                throw Problem(error)
            }
        }
    }

    private func list(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        guard let id = context.id else { throw Problem(ProductError.notFound) }
        var query = QueryReader(request)
        let page = try PageRequest(&query, filter: "stock-adjustments|\(id)", cursor: cursor)
        do throws(ProductError) {
            let rows = try service.list(
                productID: id, beforeID: page.beforeID, limit: page.limit + 1, by: context.deadline)
            return Page(rows: rows, limit: page.limit).response(to: request, page, cursor: cursor)
        } catch {
            throw Problem(error)
        }
    }
}
