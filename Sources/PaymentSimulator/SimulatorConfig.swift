import DatabaseWebService
import EpollHTTPServer
import MySQL
import Settings
import WebService

/// Everything that can be set, read once when the process starts.
struct SimulatorConfig {
    /// What clients on one's own machine use.
    static let exampleKey: Secret = "sk_test_simulator"

    let service: ServiceSettings
    let database: DatabaseConfiguration
    let storage: StorageSettings
    /// What requests under `/v1` must carry.
    let secretKey: Secret

    /// - Throws: `ConfigurationError` with every mistake.
    init(_ reader: inout EnvironmentReader) throws(ConfigurationError) {
        service = ServiceSettings(&reader, portDefault: 3020, limitsCallers: false)
        // Whoever reaches it makes and unmakes payments, and its key is in the examples.
        if !service.isOnLoopback {
            reader.reject("HOST", "must be a loopback address: the simulator is for one's own machine")
        }
        database = DatabaseConfiguration(&reader, nameDefault: "payments")
        storage = StorageSettings(&reader, tokens: service.tokens)
        secretKey =
            reader.secret(
                "PAYMENT_GATEWAY_KEY",
                "The secret key that payments are made with (default: \(SimulatorConfig.exampleKey.revealed)).")
            ?? SimulatorConfig.exampleKey
        if !secretKey.revealed.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) {
            reader.reject("PAYMENT_GATEWAY_KEY", "must be visible ASCII characters")
        }
        try reader.finish()
    }
}
