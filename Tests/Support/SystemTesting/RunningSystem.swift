import Concurrency
package import ContractReading
package import DatabaseTesting
import Foundation
import JSON
import JSONWebTokens
package import MySQL

/// The services as processes, on a schema of their own in a real database.
package final class RunningSystem: Sendable {
    package enum Service: String, Sendable {
        case customers = "CustomersAPI"
        case orders = "OrdersAPI"
        case orchestrator = "Orchestrator"
        case notifier = "Notifier"
        case paymentSimulator = "PaymentSimulator"

        /// Those that orders need. The Notifier goes on asking the Orders API for events, which is in the way of whoever counts what
        /// that does.
        package static let ordering: [Service] = [.customers, .orders, .orchestrator]
        /// Those of this product: all but the simulator of another company's.
        package static let product: [Service] = ordering + [.notifier]
    }

    private struct Running {
        let process: ServiceProcess
        let port: Int
    }

    package static let serviceToken = "test-service-token"
    package static let apiToken = "test-api-token-of-the-system"

    /// Signs customers' tokens.
    package static let jwtSecret = "a-secret-of-the-tests-of-more-than-32-bytes"

    /// A token of a customer's, for ten minutes.
    package static func customerToken(_ customerID: Int64, secret: String = jwtSecret) -> String {
        guard let secret = JSONWebTokenSecret(secret) else { preconditionFailure("The secret is long enough.") }
        return JSONWebTokenSigner(secret).sign(
            JSONObject([("customer_id", .integer(customerID))]), lifetimeSeconds: 600,
            nowSeconds: Int(Date().timeIntervalSince1970))
    }

    /// The token of whoever `operation` is for.
    package static func token(for operation: ContractOperation) -> String {
        switch operation.security {
        case [["serviceToken"]]: serviceToken
        case [["customerToken"]]: customerToken(1)
        default: apiToken
        }
    }

    /// A token that `operation` takes: the service token, unless it is for customers.
    package static func acceptedToken(for operation: ContractOperation) -> String {
        operation.security == [["customerToken"]] ? token(for: operation) : serviceToken
    }

    private static let sharedContracts = Result { () throws in
        try (OpenAPIContract.names + [OpenAPIContract.paymentSimulatorName]).map {
            try ContractRecorder(OpenAPIContract($0), log: .shared)
        }
    }

    package let schema: TestSchema
    package let database: Database
    /// Those that run, in the order of their start.
    package let services: [Service]
    private let contracts: [ContractRecorder]
    private let environment: [String: String]
    private let running = Lock<[Service: Running]>([:])

    /// Starts the services.
    ///
    /// - Parameters:
    ///   - services: the payment simulator before the Orders API, and the Notifier after the others.
    ///   - settings: variables beyond the necessary ones, for all of them.
    ///   - ownSettings: variables of one service; they hold for this first start.
    package init(
        _ services: [Service] = Service.ordering, settings: [String: String] = [:],
        ownSettings: [Service: [String: String]] = [:], on schema: TestSchema? = nil
    ) throws {
        let schema = try schema ?? TestDatabase.makeSchema()
        self.schema = schema
        self.services = services
        database = Database(schema.configuration)
        contracts = try RunningSystem.sharedContracts.get()
        environment = RunningSystem.environment(schema.configuration).merging(settings) { _, given in given }
        for service in services { try start(service, settings: ownSettings[service] ?? [:]) }
    }

    /// What a service needs to be told.
    package static func environment(_ database: DatabaseConfiguration) -> [String: String] {
        let hosts = database.hosts
        return [
            "PORT": "0",
            // One without its port, so that a test can put another in its place.
            "DB_HOST": hosts.count == 1 ? database.host : hosts.map(\.description).joined(separator: ","),
            "DB_PORT": String(database.port),
            "DB_USERNAME": database.username, "DB_PASSWORD": database.password, "DB_NAME": database.database,
            "SYNCHRONIZE": "TRUE", "SERVICE_TOKEN": serviceToken, "API_TOKEN": apiToken, "JWT_SECRET": jwtSecret,
            "CUSTOMER_CACHE_TTL_MS": "0",
            // 32 zeros: a key of nobody's.
            "SECRETS_KEY": String(repeating: "A", count: 43) + "=", "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        ]
    }

    package var customersProcess: ServiceProcess { process(.customers) }
    package var ordersProcess: ServiceProcess { process(.orders) }
    package var orchestratorProcess: ServiceProcess { process(.orchestrator) }
    package var customers: ServiceClient { client(.customers) }
    package var orders: ServiceClient { client(.orders) }
    package var orchestrator: ServiceClient { client(.orchestrator) }
    package var notifier: ServiceClient { client(.notifier) }
    package var paymentSimulator: ServiceClient { client(.paymentSimulator) }

    package func process(_ service: Service) -> ServiceProcess { find(service).process }

    /// A client of the service where it is now.
    package func client(_ service: Service) -> ServiceClient {
        RunningSystem.client(service, port: find(service).port, contracts)
    }

    /// A client of a process that was started by hand.
    package static func client(_ service: Service, port: Int) throws -> ServiceClient {
        client(service, port: port, try sharedContracts.get())
    }

    private static func client(_ service: Service, port: Int, _ contracts: [ContractRecorder]) -> ServiceClient {
        let contract =
            switch service {
            case .customers: 0
            case .orders: 1
            case .orchestrator: 2
            case .notifier: 3
            case .paymentSimulator: 4
            }
        return ServiceClient(port: port, contract: contracts[contract], token: apiToken)
    }

    /// Starts a service anew, on the port it had, with other settings if need be.
    ///
    /// It is ended first if it still runs.
    package func restart(_ service: Service, settings: [String: String] = [:]) throws {
        let earlier = find(service)
        earlier.process.end()
        try start(service, settings: ["PORT": String(earlier.port)].merging(settings) { _, given in given })
    }

    /// Starts a service anew, on another port, and lets the earlier process be.
    ///
    /// - Returns: the earlier process, which is the caller's to end.
    package func supersede(_ service: Service, settings: [String: String]) throws -> ServiceProcess {
        let earlier = find(service)
        try start(service, settings: settings)
        return earlier.process
    }

    /// Ends them and drops the schema, unless it is to be kept for another system.
    package func stop(keepsSchema: Bool = false) {
        for service in services.reversed() { process(service).end() }
        database.close()
        if !keepsSchema { try? schema.drop() }
    }

    private func start(_ service: Service, settings: [String: String]) throws {
        var environment = environment
        switch service {
        case .customers, .paymentSimulator: break
        case .orders:
            environment["CUSTOMERS_API_BASE"] = "http://127.0.0.1:\(find(.customers).port)"
            if let simulator = running.withLock({ $0[.paymentSimulator] }) {
                environment["PAYMENT_GATEWAY_URL"] = "http://127.0.0.1:\(simulator.port)"
            }
        case .orchestrator:
            environment["CUSTOMERS_API_BASE"] = "http://127.0.0.1:\(find(.customers).port)"
            environment["ORDERS_API_BASE"] = "http://127.0.0.1:\(find(.orders).port)"
        case .notifier:
            environment["CUSTOMERS_API_BASE"] = "http://127.0.0.1:\(find(.customers).port)"
            environment["ORDERS_API_BASE"] = "http://127.0.0.1:\(find(.orders).port)"
        }
        let process = try ServiceProcess(service.rawValue, environment: environment.merging(settings) { $1 })
        let port = try process.waitForPort()
        running.withLock { $0[service] = Running(process: process, port: port) }
    }

    private func find(_ service: Service) -> Running {
        guard let found = running.withLock({ $0[service] }) else { preconditionFailure("init starts all services") }
        return found
    }
}

/// Lends `body` a system, and ends it afterwards.
package func withSystem<Value>(
    _ services: [RunningSystem.Service] = RunningSystem.Service.ordering, settings: [String: String] = [:],
    _ body: (RunningSystem) throws -> Value
) throws -> Value {
    let system = try RunningSystem(services, settings: settings)
    defer { system.stop() }
    return try body(system)
}
