@testable import CustomersAPI
import DatabaseTesting
import MySQL
@testable import DatabaseWebService
import ServiceTesting
import Settings
import Testing
import WebApplication

/// The real Customers API on a port of its own.
final class RunningCustomers: Sendable {
    var url: String { server.url }
    private let client: ApplicationClient
    private let app: CustomersApp
    private let server: LocalServer
    private let schema: TestSchema

    init() throws {
        schema = try TestDatabase.makeSchema()
        var reader = EnvironmentReader(schema.environment)
        app = CustomersApp(try CustomersConfig(&reader))
        let application = app.base.application(routes: app.routes)
        client = ApplicationClient(application)
        server = try LocalServer(application)
        try #require(app.base.startup.runOnce() && app.base.startup.isCurrent)
    }

    deinit {
        server.stop()
        app.base.database.close()
    }

    /// The id of a new customer.
    func add(_ name: String, _ email: String) throws -> Int64 {
        let reply = client.post(
            "/admin/customers/create-customer", #"{"name":"\#(name)","email":"\#(email)","phone":"555-12"}"#)
        try #require(reply.status == 201, "\(reply)")
        return reply.id
    }

    func erase(_ id: Int64) { #expect(client.patch("/admin/customers/erase/\(id)").status == 200) }

    func deactivate(_ id: Int64) { #expect(client.patch("/admin/customers/logic-delete/\(id)").status == 200) }
}
