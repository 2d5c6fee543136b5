import Concurrency
import DatabaseWebService
import Digests
import Idempotency
import IdempotentReplies
import MySQL
import ResourceRoutes
import Settings
import Telemetry
import WebApplication
import WebService
import WordSearch

/// The Customers API: every dependency is made here, once.
struct CustomersApp: DatabaseApplication {
    static let identity = ServiceIdentity(
        name: "customers-api", command: "CustomersAPI", summary: "The Customers API: who may order.")

    static var ownCommands: [OwnCommand<CustomersApp>] {
        [
            OwnCommand(
                CommandDescription(
                    "remove-account",
                    "Ends the account and the sessions of customer N, who stays a customer and may register again.",
                    words: CommandDescription.Words("N"))
            ) { (app, words) throws(CommandError) in try app.removeAccount(id: words.number(in: 1...Int64.max)) }
        ]
    }

    let base: DatabaseService
    let service: CustomerService
    let erasures: CustomerErasureService
    /// Nil where customers cannot log in here.
    let accounts: Accounts?
    private let replies: IdempotentReplies
    private let resources: ResourceRoutes
    private let accountsChoice: AccountsChoice

    init(_ config: CustomersConfig) { self.init(config, hashing: .passwords) }

    /// - Parameter hashing: what the hash of a password costs.
    init(_ config: CustomersConfig, hashing: Scrypt.Parameters) {
        base = DatabaseService(
            CustomersApp.identity, config.service, config.database, migrations: CustomersMigrations.all,
            migratesAtStart: config.storage.migratesAtStart)
        let idempotency = IdempotencyStore(retentionHours: config.storage.idempotencyRetentionHours)
        service = CustomerService(database: base.database, store: CustomerStore(), idempotency: idempotency)
        erasures = CustomerErasureService(
            database: base.database, customers: service.store, store: CustomerErasureStore(index: service.store.index),
            idempotency: idempotency)
        replies = IdempotentReplies(idempotency, base.database)
        resources = ResourceRoutes(replies, cursor: config.storage.cursor)
        accountsChoice = config.accounts
        switch config.accounts {
        case .on(let settings):
            accounts = Accounts(
                settings, base, customers: service.store, addresses: config.service.callers.addresses, hashing: hashing)
        case .off: accounts = nil
        }
    }

    static func config(_ reader: inout EnvironmentReader) throws(ConfigurationError) -> CustomersConfig {
        try CustomersConfig(&reader)
    }

    var routes: [Route] {
        CustomerRoutes(service: service, erasures: erasures, resources: resources).routes
            + AccountRoutes(accounts: accounts).routes
    }

    func serve() {
        if case .off(let cause) = accountsChoice { base.logger.info("accounts are off", ["cause": cause]) }
        let workers = [
            replies.sweep(base.logger, base.metrics), service.store.backfill(base.database).worker(base.logger),
        ]
        base.serve(routes, workers: workers + (accounts?.workers ?? []))
    }

    func seed(_ words: CommandWords) throws(CommandError) { try CustomersSeed(service: service).run(base.logger) }

    private func removeAccount(id: Int64) throws(CommandError) {
        let isRemoved: Bool
        do throws(DatabaseError) {
            isRemoved = try base.database.transaction(by: .after(milliseconds: 30_000)) {
                (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                try CredentialStore().remove(customerID: id, in: transaction)
            }
        } catch {
            throw CommandError(message: "Nothing was removed. The cause: \(error)")
        }
        guard isRemoved else { throw CommandError(message: "Customer \(id) has no account.") }
        base.logger.info("account removed", ["customer_id": id])
    }
}
