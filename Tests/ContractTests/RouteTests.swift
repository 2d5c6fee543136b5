import ContractReading
import DatabaseWebService
import HTTPMessages
import Settings
import Testing
import WebApplication

@testable import CustomersAPI
@testable import Notifier
@testable import Orchestrator
@testable import OrdersAPI

/// Every operation of a contract is one route of its service, and every route is an operation of the contract.
struct RouteTests {
    private struct Operation: Hashable, CustomStringConvertible {
        let id: String
        let method: Method
        let path: String
        let needsServiceToken: Bool

        var description: String { "\(id) \(method) \(path)" }
    }

    @Test(arguments: OpenAPIContract.names)
    func `operations and routes are the same`(_ name: String) throws {
        let documented = try OpenAPIContract(name).operations.map { operation in
            Operation(
                id: operation.id, method: operation.method, path: operation.path,
                needsServiceToken: operation.security == [["serviceToken"]])
        }
        let served = try routes(of: name).map { route in
            Operation(
                id: route.operationID, method: route.method, path: route.path,
                needsServiceToken: route.access.name == AccessRule.serviceToken.name)
        }
        #expect(Set(documented).count == documented.count)
        #expect(Set(served).count == served.count)
        #expect(Set(documented).symmetricDifference(served) == [])
    }

    private func routes(of name: String) throws -> [Route] {
        var reader = EnvironmentReader([:])
        switch name {
        case "customers":
            let app = CustomersApp(try CustomersConfig(&reader))
            return app.base.application(routes: app.routes).router.routes
        case "orders":
            let app = OrdersApp(try OrdersConfig(&reader))
            return app.base.application(routes: app.routes).router.routes
        case "notifier":
            var reader = EnvironmentReader(["SECRETS_KEY": NotifierSettings.exampleKey])
            let app = NotifierApp(try NotifierConfig(&reader))
            return app.base.application(routes: app.routes).router.routes
        default: return OrchestratorApp(try OrchestratorConfig(&reader)).application.router.routes
        }
    }
}
