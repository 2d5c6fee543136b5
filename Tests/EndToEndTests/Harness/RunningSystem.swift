import Foundation
import HTTPTypes
import JSON
import MySQL
import TestSupport
import Threading

/// The three services as processes, on a schema of their own in a real database.
final class RunningSystem: Sendable {
    static let serviceToken = "test-service-token"
    static let apiToken = "test-api-token"

    private static let contracts = Result { () throws in
        try OpenAPIContract.names.map { try ContractRecorder(OpenAPIContract($0)) }
    }

    let schema: TestSchema
    let database: Database
    let customersProcess: ServiceProcess
    let ordersProcess: ServiceProcess
    let customers: ServiceClient
    let orders: ServiceClient
    private let orchestratorState: Lock<(process: ServiceProcess, port: Int)>
    private let environment: [String: String]

    /// Starts all three.
    ///
    /// - Parameter settings: variables beyond the necessary ones, for all of them.
    init(settings: [String: String] = [:], on schema: TestSchema? = nil) throws {
        let schema = try schema ?? TestDatabase.makeSchema()
        self.schema = schema
        database = Database(schema.configuration)
        let environment = RunningSystem.environment(schema.configuration).merging(settings) { _, given in given }
        customersProcess = try ServiceProcess("CustomersAPI", environment: environment)
        let customersPort = try customersProcess.waitForPort()
        ordersProcess = try ServiceProcess(
            "OrdersAPI",
            environment: environment.merging(["CUSTOMERS_API_BASE": "http://127.0.0.1:\(customersPort)"]) { given, _ in
                given
            })
        let ordersPort = try ordersProcess.waitForPort()
        self.environment = environment.merging(["ORDERS_API_BASE": "http://127.0.0.1:\(ordersPort)"]) { given, _ in
            given
        }
        let process = try ServiceProcess("Orchestrator", environment: self.environment)
        orchestratorState = Lock((process, try process.waitForPort()))
        customers = try RunningSystem.client(0, port: customersPort)
        orders = try RunningSystem.client(1, port: ordersPort)
    }

    /// What a service needs to be told.
    static func environment(_ database: DatabaseConfiguration) -> [String: String] {
        [
            "PORT": "0", "DB_HOST": database.host, "DB_PORT": String(database.port),
            "DB_USERNAME": database.username, "DB_PASSWORD": database.password, "DB_NAME": database.database,
            "SYNCHRONIZE": "TRUE", "SERVICE_TOKEN": serviceToken, "API_TOKEN": apiToken,
            "CUSTOMER_CACHE_TTL_MS": "0",
        ]
    }

    static func client(_ contract: Int, port: Int) throws -> ServiceClient {
        ServiceClient(port: port, contract: try contracts.get()[contract], token: apiToken)
    }

    var orchestratorProcess: ServiceProcess { orchestratorState.withLock { $0.process } }

    var orchestrator: ServiceClient {
        get throws { try RunningSystem.client(2, port: orchestratorState.withLock { $0.port }) }
    }

    /// Starts the orchestrator anew, with other settings if need be.
    func restartOrchestrator(settings: [String: String] = [:]) throws {
        orchestratorProcess.end()
        let process = try ServiceProcess(
            "Orchestrator", environment: environment.merging(settings) { _, given in given })
        let port = try process.waitForPort()
        orchestratorState.withLock { $0 = (process, port) }
    }

    /// Ends all three and drops the schema.
    func stop() {
        orchestratorProcess.end()
        ordersProcess.end()
        customersProcess.end()
        database.close()
        try? schema.drop()
    }
}

/// Lends `body` a system, and ends it afterwards.
func withSystem<Value>(
    settings: [String: String] = [:], _ body: (RunningSystem) throws -> Value
) throws -> Value {
    let system = try RunningSystem(settings: settings)
    defer { system.stop() }
    return try body(system)
}
