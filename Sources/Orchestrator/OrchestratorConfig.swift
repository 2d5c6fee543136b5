import CurlHTTPClient
import CustomerLookup
import EpollHTTPServer
import Resilience
import Settings
import WebApplication
import WebService

/// Everything that can be set, read once when the process starts.
struct OrchestratorConfig {
    let service: ServiceSettings
    let customers: CustomerLookupSettings
    let orders: Origin
    let ordersCallersMax: Int
    let ordersCircuit: CircuitBreaker.Settings
    /// Where Lambda's runtime API is; nil where the process is an HTTP server.
    let lambdaRuntimeAPI: String?

    /// - Throws: `ConfigurationError` with every mistake.
    init(_ reader: inout EnvironmentReader) throws(ConfigurationError) {
        lambdaRuntimeAPI = reader.optionalText(
            "AWS_LAMBDA_RUNTIME_API", "Set by AWS Lambda; then the process is a Lambda runtime and opens no port.")
        service = ServiceSettings(&reader, portDefault: 3010, isListening: lambdaRuntimeAPI == nil)
        let customers = CustomerLookupSettings(&reader, workersMax: service.server.workersMax)
        ordersCallersMax = reader.integer(
            "ORDERS_CALLERS_MAX", default: max(service.server.workersMax * 7 / 8, 1), in: 1...256,
            "Requests that may wait for the Orders API at once; by default 7/8 of WORKERS_MAX: all but a few need it.")
        // A step that waits for stock which everybody wants may take a second.
        ordersCircuit = reader.circuit("ORDERS", "the Orders API", slowMilliseconds: 3000)
        let orders = reader.origin("ORDERS_API_BASE", default: "http://127.0.0.1:3002", "Where the Orders API is.")
        self.customers = try reader.finish(customers)
        self.orders = try reader.finish(orders)
    }
}
