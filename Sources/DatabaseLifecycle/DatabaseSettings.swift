package import Configuration
package import MySQL

extension DatabaseConfiguration {
    /// What every service with a database reads from its environment.
    ///
    /// - Parameter nameDefault: the schema, where `DB_NAME` does not say. Services may share one schema.
    package init(_ reader: inout EnvironmentReader, nameDefault: String) {
        self.init(
            host: reader.text("DB_HOST", default: "127.0.0.1", "Host of the MySQL-compatible database."),
            port: reader.integer("DB_PORT", default: 3306, in: 1...65535, "Its port."),
            username: reader.text("DB_USERNAME", default: "root", "User to log in as."),
            password: reader.secret("DB_PASSWORD", "That user's password.") ?? "",
            database: reader.text("DB_NAME", default: nameDefault, "Schema to use; `migrate` creates it if need be."),
            connectionsMax: reader.integer(
                "DB_CONNECTIONS_MAX", default: 8, in: 1...64,
                "Connections of the pool. Throughput peaks at 8 to 32 in all; more make it worse."),
            requiresTLS: reader.flag("DB_TLS", default: false, "Whether to insist on an encrypted connection."))
    }
}
