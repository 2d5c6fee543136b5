import ResourceRoutes
import WebApplication

/// The customers' operations in HTTP.
struct CustomerRoutes {
    let service: CustomerService
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
            resources.get(
                "getCustomerInternal", "/admin/customers/internal/customers/{id}", access: .serviceToken, service.get),
        ]
    }
}
