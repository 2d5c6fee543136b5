import HTTPMessages
import JSON
import ResourceRoutes
import WebApplication

/// The customers' operations in HTTP.
struct CustomerRoutes {
    let service: CustomerService
    let erasures: CustomerErasureService
    let resources: ResourceRoutes

    var routes: [Route] {
        [
            resources.create(
                "createCustomer", "/admin/customers/create-customer", at: "/admin/customers/find-one", service.create),
            resources.list("listCustomers", "/admin/customers/find-all", service.list),
            resources.get("getCustomer", "/admin/customers/find-one/{id}", service.get),
            resources.change("updateCustomer", "/admin/customers/update/{id}", service.update),
            resources.change(
                "deactivateCustomer", "/admin/customers/logic-delete/{id}", to: .deactivation, service.update),
            resources.change(
                "eraseCustomer", "/admin/customers/erase/{id}", to: CustomerErasure(), erasures.erase),
            resources.get(
                "getCustomerInternal", "/admin/customers/internal/customers/{id}", access: .serviceToken, service.get),
            Route(
                "listErasedCustomers", .get, "/admin/customers/internal/erased", access: .serviceToken,
                priority: .deferrable, handler: listErased),
        ]
    }

    private func listErased(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        var query = QueryReader(request)
        let position = ErasurePosition(&query)
        let limit = query.integer("limit", from: 1, cappedAt: PageRequest.limitMax) ?? PageRequest.limitDefault
        try query.finish()
        let found = try Problem.mapping { () throws(CustomerError) in
            try erasures.list(from: position, limit: limit + 1, context.call)
        }
        return .json(.ok) { writer in
            writer.member("data", Array(found.prefix(limit)))
            writer.member(
                "meta",
                object: { writer in
                    writer.member("limit", limit)
                    writer.member("has_next", found.count > limit)
                })
        }
    }
}
