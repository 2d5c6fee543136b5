import CurlHTTPClient
import DatabaseWebService
import EpollHTTPServer
import MySQL
import Settings
import WebApplication
import WebService

/// Everything that can be set, read once when the process starts.
struct OrdersConfig {
    let service: ServiceSettings
    let database: DatabaseConfiguration
    let storage: StorageSettings
    let customers: Origin
    let customersCallersMax: Int
    let customerCacheMilliseconds: Int
    let reservationMinutes: Int
    let cancelWindowMinutes: Int

    /// - Throws: `ConfigurationError` with every mistake.
    init(_ reader: inout EnvironmentReader) throws(ConfigurationError) {
        service = ServiceSettings(&reader, portDefault: 3002)
        database = DatabaseConfiguration(&reader, nameDefault: "orders")
        storage = StorageSettings(&reader, serviceTokens: service.serviceTokens)
        let customers = reader.origin(
            "CUSTOMERS_API_BASE", default: "http://127.0.0.1:3001", "Where the Customers API is.")
        customersCallersMax = reader.integer(
            "CUSTOMERS_CALLERS_MAX", default: max(service.server.workersMax / 2, 1), in: 1...256,
            "Requests that may wait for the Customers API at once; by default half of WORKERS_MAX, the rest serves the others."
        )
        customerCacheMilliseconds = reader.integer(
            "CUSTOMER_CACHE_TTL_MS", default: 1000, in: 0...60_000,
            "How long a customer who may order is remembered; so long may one go on who was just deactivated.")
        reservationMinutes = reader.integer(
            "RESERVATION_TTL_MINUTES", default: 15, in: 1...10_080,
            "How long an order may hold stock without being confirmed.")
        cancelWindowMinutes = reader.integer(
            "CANCEL_WINDOW_MINUTES", default: 10, in: 0...525_600,
            "How long after its confirmation an order may still be canceled.")
        self.customers = try reader.finish(customers)
    }
}
