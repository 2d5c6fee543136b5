import DatabaseWebService
import Idempotency
import IdempotentReplies
import ResourceRoutes
import Settings
import WebApplication
import WebService
import WordSearch

/// The Customers API: every dependency is made here, once.
struct CustomersApp: DatabaseApplication {
    static let identity = ServiceIdentity(
        name: "customers-api", command: "CustomersAPI", summary: "The Customers API: who may order.")

    let base: DatabaseService
    let service: CustomerService
    private let replies: IdempotentReplies
    private let resources: ResourceRoutes

    init(_ config: CustomersConfig) {
        base = DatabaseService(
            CustomersApp.identity, config.service, config.database, migrations: CustomersMigrations.all,
            migratesAtStart: config.storage.migratesAtStart)
        let idempotency = IdempotencyStore(retentionHours: config.storage.idempotencyRetentionHours)
        service = CustomerService(database: base.database, store: CustomerStore(), idempotency: idempotency)
        replies = IdempotentReplies(idempotency, base.database)
        resources = ResourceRoutes(replies, cursor: PageCursor(secrets: config.storage.cursorSecrets))
    }

    static func config(_ reader: inout EnvironmentReader) throws(ConfigurationError) -> CustomersConfig {
        try CustomersConfig(&reader)
    }

    var routes: [Route] { CustomerRoutes(service: service, resources: resources).routes }

    func serve() {
        base.serve(
            routes, workers: [replies.sweep(base.logger), service.store.backfill(base.database).worker(base.logger)])
    }

    func seed() throws(CommandError) { try CustomersSeed(service: service).run(base.logger) }
}
