import AMQP
import CurlHTTPClient
import CustomerAccess
import CustomerLookup
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
    let customers: CustomerLookupSettings
    let tls: ServiceTLS
    /// Nil where events are not published.
    let broker: AMQPConfiguration?
    let reservationMinutes: Int
    let cancelWindowMinutes: Int
    /// By which tokens customers are known.
    let access: CustomerAccessSettings
    /// Nil where there are no asynchronous orders.
    let sagas: SagaSettings?

    /// - Throws: `ConfigurationError` with every mistake.
    init(_ reader: inout EnvironmentReader) throws(ConfigurationError) {
        service = ServiceSettings(&reader, portDefault: 3002)
        database = DatabaseConfiguration(&reader, nameDefault: "orders")
        storage = StorageSettings(&reader, tokens: service.tokens)
        let customers = CustomerLookupSettings(&reader, workersMax: service.server.workersMax)
        tls = ServiceTLS(&reader)
        reservationMinutes = reader.integer(
            "RESERVATION_TTL_MINUTES", default: 15, in: 1...10_080,
            "How long an order may hold stock without being confirmed.")
        cancelWindowMinutes = reader.integer(
            "CANCEL_WINDOW_MINUTES", default: 10, in: 0...525_600,
            "How long after its confirmation an order may still be canceled.")
        access = CustomerAccessSettings(&reader)
        sagas = SagaSettings(&reader)
        broker = reader.broker(connectionName: "orders-api")
        self.customers = try reader.finish(customers)
    }
}
