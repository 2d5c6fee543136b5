import ResourceRoutes
import WebApplication

/// The products' operations in HTTP.
struct ProductRoutes {
    let service: ProductService
    let adjustments: StockAdjustmentService
    let resources: ResourceRoutes

    var routes: [Route] {
        [
            resources.create(
                "createProduct", "/admin/products/create-product", at: "/admin/products/find-one", service.create),
            resources.list("listProducts", "/admin/products/find-all", service.list),
            resources.get("getProduct", "/admin/products/find-one/{id}", service.get),
            resources.change("updateProduct", "/admin/products/update/{id}", service.update),
            resources.change(
                "deactivateProduct", "/admin/products/logic-delete/{id}", to: .deactivation, service.update),
            resources.act("adjustStock", "/admin/products/{id}/adjust-stock", adjustments.adjust),
            resources.list(
                "listStockAdjustments", "/admin/products/{id}/stock-adjustments", named: "stock-adjustments",
                adjustments.list),
        ]
    }
}
