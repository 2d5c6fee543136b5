import HTTPMessages
import ResourceRoutes
import WebApplication

/// The orders' operations in HTTP.
struct OrderRoutes {
    let service: OrderService
    let resources: ResourceRoutes

    var routes: [Route] {
        [
            resources.create(
                "createOrder", "/admin/orders/create-order", at: "/admin/orders/find-one", service.create),
            resources.create(
                "createOrderInternal", "/admin/orders/internal/create-order", at: "/admin/orders/find-one",
                access: .serviceToken, keysOf: "createOrder", needsKey: true, service.createForSnapshot),
            resources.act(
                "confirmOrder", "/admin/orders/{id}/confirm", needsKey: true, priority: .completion, service.confirm),
            resources.act("cancelOrder", "/admin/orders/{id}/cancel", priority: .completion, service.cancel),
            resources.list("listOrders", "/admin/orders/find-all", service.list),
            resources.get("getOrder", "/admin/orders/find-one/{id}", service.get),
        ]
    }
}
