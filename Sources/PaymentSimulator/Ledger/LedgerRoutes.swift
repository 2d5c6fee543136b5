import HTTPMessages
import IdempotentReplies
import MySQL
import WebApplication

extension LedgerAccount: PageElement {}

/// The operation that the tests' auditor counts money by.
struct LedgerRoutes {
    let service: LedgerService
    let cursor: PageCursor

    var routes: [Route] {
        [
            Route(
                "listLedger", .get, "/_simulator/ledger", access: .apiToken, priority: .deferrable, handler: listLedger)
        ]
    }

    private func listLedger(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        var query = QueryReader(request)
        let orderID = query.integer("order_id", in: ValueRule.identifiers)
        let filter = "ledger|\(orderID.map(String.init) ?? "")"
        let page = try PageRequest(&query, filter: filter, cursor: cursor)
        let rows: [LedgerAccount]
        do throws(DatabaseError) {
            rows = try service.accounts(
                orderID: orderID, beforeID: page.beforeID, limit: page.limit + 1, context.call)
        } catch { throw Problem(error) }
        return Page(rows: rows, limit: page.limit).response(to: request, page, cursor: cursor)
    }
}
