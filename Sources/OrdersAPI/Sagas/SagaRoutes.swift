import ResourceRoutes
import WebApplication

/// The sagas' operations in HTTP.
struct SagaRoutes {
    let service: SagaService
    let resources: ResourceRoutes

    var routes: [Route] {
        [
            resources.list("listSagas", "/admin/sagas/find-all", service.list),
            resources.get("getSaga", "/admin/sagas/find-one/{id}", service.get),
            resources.act("redriveSaga", "/admin/sagas/{id}/redrive", service.redrive),
            resources.act("discardSaga", "/admin/sagas/{id}/discard", service.discard),
        ]
    }
}

extension SagaFilter: ListFilter {
    init(_ query: inout QueryReader) { self.init(state: query.choice("state", Saga.State.self)) }
}

extension Saga: Resource {
    static var idName: String { Order.idName }
    /// One order has one saga.
    var id: Int64 { orderID }
}
