@testable import CustomersAPI
import DatabaseTesting
@testable import DatabaseWebService
import Digests
import JSON
import MySQL
import ServiceTesting
import Settings
import Testing

/// The Customers API on a schema of its own, as `serve` would put it together.
final class ServiceHarness: Sendable {
    let app: CustomersApp
    let client: ApplicationClient
    /// The service's own, to look and to change behind its back.
    var database: Database { app.base.database }
    private let schema: TestSchema

    /// All that a process of the service has to be told.
    let environment: [String: String]

    init(
        _ settings: [String: String] = [:], hashing: Scrypt.Parameters = .passwords, on given: TestSchema? = nil
    ) throws {
        schema = try given ?? TestDatabase.makeSchema()
        environment = schema.environment.merging(settings) { $1 }
        var reader = EnvironmentReader(environment)
        app = CustomersApp(try CustomersConfig(&reader), hashing: hashing)
        client = ApplicationClient(app.base.application(routes: app.routes))
        try #require(app.base.startup.runOnce() && app.base.startup.isCurrent)
    }

    deinit { database.close() }

    /// A new customer's id.
    func customer(_ name: String, email: String? = nil, identityCard: String? = nil) throws -> Int64 {
        let reply = create(name, email: email, identityCard: identityCard)
        try #require(reply.status == 201, "\(reply)")
        return reply.id
    }

    func create(
        _ name: String, email: String? = nil, identityCard: String? = nil, key: String? = nil
    ) -> Reply {
        let client = key.map { self.client.with(key: $0) } ?? self.client
        return client.post(
            "/admin/customers/create-customer",
            newCustomer(name, email: email ?? "\(name)@example.com", identityCard: identityCard))
    }

    var count: Int64 { get throws { try database.number("SELECT COUNT(*) FROM customers") ?? -1 } }
    var keyCount: Int64 { get throws { try database.number("SELECT COUNT(*) FROM idempotency_keys") ?? -1 } }
}

/// The body of a request that makes a customer.
func newCustomer(_ name: String, email: String, phone: String = "+593 99 123 4567", identityCard: String? = nil)
    -> String
{
    let body = JSONWriter.object { writer in
        writer.member("name", name)
        writer.member("email", email)
        writer.member("phone", phone)
        if let identityCard { writer.member("identity_card", identityCard) }
    }
    return String(decoding: body, as: UTF8.self)
}
