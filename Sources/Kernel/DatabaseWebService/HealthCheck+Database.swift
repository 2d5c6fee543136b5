package import MySQL
package import WebApplication

extension HealthCheck {
    /// Whether the database answers, and how its pool of connections is.
    package static func database(_ database: Database) -> HealthCheck {
        HealthCheck("database") { deadline in
            do {
                try database.ping(by: deadline)
                return nil
            } catch {
                return "The database does not answer."
            }
        } details: {
            let load = database.load
            var details = HealthDetails()
            details.pool = (load.inUse, load.idle, load.waiting, database.configuration.connectionsMax)
            return details
        }
    }

    /// Whether the schema is what the program needs.
    package static func schema(_ startup: SchemaStartup) -> HealthCheck {
        HealthCheck("schema") { _ in startup.isCurrent ? nil : "The schema is not ready." }
    }
}
