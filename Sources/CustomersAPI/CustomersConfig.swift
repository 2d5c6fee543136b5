import DatabaseWebService
import MySQL
import Settings
import WebService

/// Everything that can be set, read once when the process starts.
struct CustomersConfig {
    let service: ServiceSettings
    let database: DatabaseConfiguration
    let storage: StorageSettings
    let accounts: AccountsChoice

    /// - Throws: `ConfigurationError` with every mistake.
    init(_ reader: inout EnvironmentReader) throws(ConfigurationError) {
        service = ServiceSettings(&reader, portDefault: 3001)
        database = DatabaseConfiguration(&reader, nameDefault: "customers")
        storage = StorageSettings(&reader, tokens: service.tokens)
        accounts = AccountsChoice(&reader, service)
        try reader.finish()
    }
}
