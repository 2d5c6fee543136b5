package import MySQL
package import WebApplication

extension HealthCheck {
    /// Whether the database answers.
    package static func database(_ database: Database) -> HealthCheck {
        HealthCheck("database") { deadline in
            do {
                try database.ping(by: deadline)
                return nil
            } catch {
                return "The database does not answer."
            }
        }
    }

    /// Whether the schema is what the program needs.
    package static func schema(_ startup: SchemaStartup) -> HealthCheck {
        HealthCheck("schema") { _ in startup.isCurrent ? nil : "The schema is not ready." }
    }
}
