import CurlHTTPClient
import CustomerLookup
import EpollHTTPServer
import Resilience
import Settings
import Telemetry
import WebApplication
import WebService

/// Everything that can be set, read once when the process starts.
struct OrchestratorConfig {
    let service: ServiceSettings
    let customers: CustomerLookupSettings
    let tls: ServiceTLS
    let orders: Origin
    let ordersCallersMax: Int
    let ordersCircuit: CircuitBreaker.Settings
    /// Where Lambda's runtime API is; nil where the process is an HTTP server.
    let lambdaRuntimeAPI: String?
    /// What CloudWatch is told; nil where that is nothing.
    let embeddedMetrics: EmbeddedMetrics?

    /// - Throws: `ConfigurationError` with every mistake.
    init(_ reader: inout EnvironmentReader) throws(ConfigurationError) {
        lambdaRuntimeAPI = reader.optionalText(
            "AWS_LAMBDA_RUNTIME_API", "Set by AWS Lambda; then the process is a Lambda runtime and opens no port.")
        let namespace = reader.optionalText(
            "EMF_NAMESPACE",
            "In Lambda: CloudWatch's namespace for what the function measures, which it then writes to its log in the embedded metric "
                + "format. CloudWatch charges for each metric.")
        if let namespace, !OrchestratorConfig.isNamespace(namespace) {
            reader.reject(
                "EMF_NAMESPACE", "must have 1 to 256 letters, digits and any of .-_/#: and not begin with AWS/")
        }
        embeddedMetrics = namespace.flatMap { [lambdaRuntimeAPI] namespace in
            lambdaRuntimeAPI == nil
                ? nil : EmbeddedMetrics(namespace: namespace, service: OrchestratorApp.identity.name)
        }
        service = ServiceSettings(&reader, portDefault: 3010, isListening: lambdaRuntimeAPI == nil)
        let customers = CustomerLookupSettings(&reader, workersMax: service.server.workersMax)
        tls = ServiceTLS(&reader)
        ordersCallersMax = reader.integer(
            "ORDERS_CALLERS_MAX", default: max(service.server.workersMax * 7 / 8, 1), in: 1...256,
            "Requests that may wait for the Orders API at once; by default 7/8 of WORKERS_MAX: all but a few need it.")
        // A step that waits for stock which everybody wants may take a second.
        ordersCircuit = reader.circuit("ORDERS", "the Orders API", slowMilliseconds: 3000)
        let orders = reader.origin("ORDERS_API_BASE", default: "http://127.0.0.1:3002", "Where the Orders API is.")
        self.customers = try reader.finish(customers)
        self.orders = try reader.finish(orders)
    }

    /// As CloudWatch has them; `AWS/` is its own.
    private static func isNamespace(_ text: String) -> Bool {
        1...256 ~= text.utf8.count && !text.hasPrefix("AWS/")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: ".-_/#:".utf8.contains(byte)
                }
            }
    }
}
